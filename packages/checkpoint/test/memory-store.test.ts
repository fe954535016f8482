import { MemoryCheckpointStore } from '../src/memory-store.ts';
import { testConformance } from './conformance.ts';

const store = new MemoryCheckpointStore();
testConformance('the checkpoint store in memory', () => ({
  store,
  candles: async (_groupId, upTo) => store.candles.all().filter(({ generation }) => generation <= upTo),
}));
