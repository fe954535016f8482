export { type Certificate, selfSigned, withoutOpenssl } from './certificate.ts';
export { createFakeClock, type FakeClock } from './clock.ts';
export { markdownTable } from './markdown.ts';
export { type Judged, judge, Oracle, type OracleOptions, statistics, summarise } from './oracle.ts';
export {
  type ServiceProcess,
  type ServiceProcessOptions,
  type SpawnedService,
  spawnService,
  startService,
} from './process.ts';
export type { Link, Tap } from './proxy/link.ts';
export { startTcpProxy, type TcpProxy, type TcpProxyOptions } from './proxy/tcp-proxy.ts';
export { createRandom, createZipf, type Random } from './random.ts';
export { currentCommit, describeMachine, type Machine } from './recording/machine.ts';
export { type BlockName, type Column, formatMarkdownTable, replaceBlock } from './recording/markdown.ts';
export { type Recorded, readResults, recordResult } from './recording/results.ts';
export {
  ADVERSARIAL_SHARES,
  type GeneratedSwap,
  generateSwaps,
  type SwapLogOptions,
  type SwapShares,
  toRecord,
} from './swaps.ts';
export { type IsolatedStack, isolate, type Servers, serversOfRun } from './test-stack.ts';
