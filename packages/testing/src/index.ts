export { type ServiceProcess, type ServiceProcessOptions, startService } from './process.ts';
export { type IsolatedStack, isolate } from './test-stack.ts';
export { createFakeClock, type FakeClock } from './clock.ts';
export { type Judged, judge, Oracle, type OracleOptions, statistics, summarise } from './oracle.ts';
export { createRandom, createZipf, type Random } from './random.ts';
