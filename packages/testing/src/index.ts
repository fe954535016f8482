export { createFakeClock, type FakeClock } from './clock.ts';
export { markdownTable } from './markdown.ts';
export { type Judged, judge, Oracle, type OracleOptions, statistics, summarise } from './oracle.ts';
export { type ServiceProcess, type ServiceProcessOptions, startService } from './process.ts';
export { createRandom, createZipf, type Random } from './random.ts';
export {
  ADVERSARIAL_SHARES,
  type GeneratedSwap,
  generateSwaps,
  type SwapLogOptions,
  type SwapShares,
  toRecord,
} from './swaps.ts';
export { startTcpProxy, type TcpProxy, type TcpProxyOptions } from './tcp-proxy.ts';
export { type IsolatedStack, isolate } from './test-stack.ts';
