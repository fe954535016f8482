import { partitionOf, type Swap } from '@tidemark/domain';
import type { OutgoingRecord } from '@tidemark/kafka';

const headers = { 'content-type': 'application/json' };
/** The partitions of this many tokens are remembered. */
const maxRemembered = 200_000;

/** Makes the records of `swaps`: keyed by token, in the partition that every reader expects the token in. */
export class SwapRecords {
  readonly #partitionCount: number;
  readonly #partitions = new Map<string, number>();

  constructor(partitionCount: number) {
    this.#partitionCount = partitionCount;
  }

  of(swap: Swap): OutgoingRecord {
    const { token } = swap;
    return { topic: 'swaps', partition: this.#partitionOf(token), key: token, value: JSON.stringify(swap), headers };
  }

  #partitionOf(token: string): number {
    let partition = this.#partitions.get(token);
    if (partition !== undefined) return partition;
    partition = partitionOf(token, this.#partitionCount);
    if (this.#partitions.size >= maxRemembered) this.#partitions.clear();
    this.#partitions.set(token, partition);
    return partition;
  }
}
