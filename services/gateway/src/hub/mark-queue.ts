import type { Version } from '@tidemark/wire';

/** A heartbeat on its way to clients; one frame for all of them. */
export interface Mark {
  partition: number;
  version: Version;
  frame: Buffer;
}

interface HeldMark {
  mark: Mark;
  /** Entries up to this one were owed when the mark came. */
  sequence: number;
  /** How many of them are owed still. */
  owed: number;
}

/**
 * The marks of one partition for one client. A mark promises that every update up to its version has been sent, so it is held
 * while any of those owed at its arrival is still owed. Under steady load something is owed at all times: the oldest held mark
 * keeps its place, and only the one behind it gives way to newer ones.
 */
export class MarkQueue {
  #owed = 0;
  #first: HeldMark | null = null;
  #second: HeldMark | null = null;

  /** An update of the partition has become owed. */
  added(): void {
    this.#owed += 1;
  }

  /** The update that became owed as number `sequence` was sent, or is not wanted any more. */
  removed(sequence: number): void {
    this.#owed -= 1;
    for (const held of [this.#first, this.#second]) {
      if (held !== null && sequence <= held.sequence) held.owed -= 1;
    }
  }

  /** @param sequence the number of the last update that became owed */
  hold(mark: Mark, sequence: number): void {
    const held = { mark, sequence, owed: this.#owed };
    if (this.#first === null) this.#first = held;
    else this.#second = held;
  }

  /** The next mark that may be sent, which is then no longer held. */
  take(): Mark | null {
    if (this.#first === null || this.#first.owed > 0) return null;
    const { mark } = this.#first;
    this.#first = this.#second;
    this.#second = null;
    return mark;
  }
}
