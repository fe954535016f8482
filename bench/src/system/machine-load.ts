import { cpus } from 'node:os';
import { round } from '../percentiles.ts';

/** How busy the whole machine is, all that runs on it counted. */
export class MachineLoad {
  readonly #start = times();

  /** Percent of one core since the beginning: two busy ones are 200. */
  busyPercent(): number {
    const end = times();
    const totalMs = end.totalMs - this.#start.totalMs;
    const busyMs = totalMs - (end.idleMs - this.#start.idleMs);
    return round((busyMs * 100 * cpus().length) / totalMs, 1);
  }
}

function times() {
  let [totalMs, idleMs] = [0, 0];
  for (const { times: of } of cpus()) {
    totalMs += of.user + of.nice + of.sys + of.irq + of.idle;
    idleMs += of.idle;
  }
  return { totalMs, idleMs };
}
