import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerName, Stack } from '@tidemark/stack';
import { describeError } from '../output.ts';
import { pauseMs } from './restart-policy.ts';

/** Starts an embedded server again, on its port and data, when it ends unasked; tries until it is up or all is stopped. */
export class SupervisedServers {
  readonly #print: (line: string) => void;
  readonly #stopping = new AbortController();
  readonly #restarts = new Set<Promise<void>>();
  #stack: Stack | undefined;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  watch(stack: Stack): void {
    this.#stack = stack;
  }

  onExit(name: ServerName, message: string): void {
    if (this.#stopping.signal.aborted) return;
    this.#print(message);
    // Before all servers are up, the start itself reports what failed.
    if (this.#stack === undefined) return;
    const restart = this.#restart(name).finally(() => this.#restarts.delete(restart));
    this.#restarts.add(restart);
  }

  /** Stops the servers, waiting for a restart under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#restarts);
    await this.#stack?.stop();
  }

  async #restart(name: ServerName): Promise<void> {
    const { signal } = this.#stopping;
    const handle = this.#stack?.handles[name];
    for (let failures = 1; !signal.aborted; failures++) {
      this.#print(`${name} is started again in ${pauseMs(failures) / 1_000} s`);
      await sleep(pauseMs(failures), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await handle?.start();
        this.#print(`${name} is up again (pid ${handle?.pid})`);
        return;
      } catch (error) {
        this.#print(describeError(error));
      }
    }
  }
}
