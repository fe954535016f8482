import { setTimeout as sleep } from 'node:timers/promises';
import type { CountedLog } from './installation.ts';

const pollMs = 100;

/** Resolves when the partitions (all unless given) report a generation at least as high. */
export async function generationServes(
  { stats, partitionCount }: CountedLog,
  generation: number,
  partitions?: readonly number[],
): Promise<void> {
  for (;;) {
    const heartbeats = await stats.heartbeats(partitionCount);
    const wanted = partitions?.map((partition) => heartbeats[partition]) ?? heartbeats;
    if (wanted.every((heartbeat) => heartbeat && heartbeat.version[0] >= generation)) return;
    await sleep(pollMs);
  }
}
