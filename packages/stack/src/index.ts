export { cacheDir } from './jar-cache.mjs';
export { embeddedRetentionBytes } from './kafka-settings.ts';
export { logTail } from './log-tail.ts';
export { isFree, PortPicker } from './ports.ts';
export { removePostgresData } from './postgres-home.ts';
export { identifyProcess, isSameProcess, type ProcessIdentity } from './process-identity.ts';
export { type ProcessKind, ProcessRegistry, sendSignal } from './process-registry.ts';
export type { ServerHandle } from './server.ts';
export { type ServerName, type Stack, type StackOptions, startStack } from './stack.ts';
