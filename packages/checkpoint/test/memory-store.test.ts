import { MemoryCheckpointStore } from '../src/memory-store.ts';
import { testConformance } from './conformance.ts';

const store = new MemoryCheckpointStore();
testConformance('the checkpoint store in memory', () => store);
