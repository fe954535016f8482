import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kubectl } from './kubectl.ts';

const pauseMs = 500;

/**
 * A port of this machine that leads to a service, wherever the cluster is. `kubectl port-forward` is tied to one pod and ends with
 * it, so it is started again, and finds another one.
 */
export class Forward {
  readonly #kubectl: Kubectl;
  readonly #args: string[];
  #child: ChildProcess | undefined;
  #closed = false;

  constructor(kubectl: Kubectl, service: string, localPort: number, port: number) {
    this.#kubectl = kubectl;
    this.#args = ['port-forward', `service/${service}`, `${localPort}:${port}`, '--address', '127.0.0.1'];
    void this.#keep();
  }

  close(): void {
    this.#closed = true;
    this.#child?.kill();
  }

  async #keep(): Promise<void> {
    while (!this.#closed) {
      this.#child = this.#kubectl.spawn(...this.#args);
      await once(this.#child, 'exit');
      if (!this.#closed) await sleep(pauseMs);
    }
  }
}
