import assert from 'node:assert/strict';
import { compareVersions, type Version } from '@tidemark/wire';
import { type Subscriber, subscribeToAll } from '../support/subscriber.ts';
import type { Ports } from './project.ts';

/** A subscriber of everything over several connections, to whom no version may go back. */
export class VersionWatch {
  readonly #url: string;
  readonly #past: Subscriber[] = [];
  #current: Subscriber;

  private constructor(url: string, first: Subscriber) {
    this.#url = url;
    this.#current = first;
  }

  static async open({ gateway }: Ports): Promise<VersionWatch> {
    const url = `ws://127.0.0.1:${gateway}/v1/stream`;
    return new VersionWatch(url, await subscribeToAll(url));
  }

  /** After the gateway was away. */
  async reopen(): Promise<void> {
    this.#past.push(this.#current);
    this.#current = await subscribeToAll(this.#url);
  }

  verdict(): string {
    const all = [...this.#past, this.#current];
    assert.deepEqual(
      all.flatMap(({ wentBack }) => wentBack),
      [],
    );
    const held = new Map<string, Version>();
    for (const { versions } of all) {
      for (const [key, version] of versions) {
        const before = held.get(key);
        assert.ok(
          !before || compareVersions(version, before) >= 0,
          `${key}: ${before?.join('.')} then ${version.join('.')}`,
        );
        held.set(key, version);
      }
    }
    const updates = all.reduce((sum, subscriber) => sum + subscriber.updates, 0);
    assert.ok(updates > held.size, 'it was served');
    return `${updates} updates of ${held.size} tokens and partitions, none went back`;
  }

  close(): void {
    this.#current.close();
  }
}
