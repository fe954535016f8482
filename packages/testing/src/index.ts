export { type ServiceProcess, type ServiceProcessOptions, startService } from './process.ts';
export { type IsolatedStack, isolate } from './test-stack.ts';
