import { once, setMaxListeners } from 'node:events';

/** Counts a member's successful heartbeats, for those who must know that the group still has it. */
export class Heartbeats {
  readonly #beats = new EventTarget();
  #count = 0;

  constructor() {
    // One listener a partition that is being restored.
    setMaxListeners(0, this.#beats);
  }

  succeeded(): void {
    this.#count++;
    this.#beats.dispatchEvent(new Event('beat'));
  }

  /**
   * The client sends one heartbeat at a time. The next to succeed may have left before this call; the one after it surely
   * left later.
   */
  async confirmed(signal: AbortSignal): Promise<void> {
    const enough = this.#count + 2;
    while (this.#count < enough) await once(this.#beats, 'beat', { signal });
  }
}
