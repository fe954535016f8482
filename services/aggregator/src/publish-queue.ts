interface Entry {
  token: string;
  /** Increases each time a token becomes due; tells marks what was due before them. */
  sequence: number;
  state: 'live' | 'paced' | 'sending' | 'cooling';
  /** Changed again while it was sent or cooled. */
  again: boolean;
  againSequence: number;
  sentAtMs: number;
}

interface Mark {
  sequence: number;
  remaining: number;
  resolve(): void;
}

export interface PublishQueueOptions {
  /** The least time between two publications of a token, in ms. */
  intervalMs: number;
  /** The longest time that changes which fall on one moment are spread over, in ms, unless the rate forbids it. */
  spreadMs: number;
  /** Paced tokens a second, at least and at most. */
  minRate: number;
  maxRate: number;
}

export const defaultPublishQueueOptions = { spreadMs: 1_000, minRate: 1_000, maxRate: 20_000 };

/**
 * Which tokens of a partition are to be published, and when. A token is in it at most once, however often it changes: the value is
 * read when it is sent. Live changes (swaps) go before paced ones (decay at a minute's boundary, republication).
 */
export class PublishQueue {
  readonly #options: PublishQueueOptions;
  readonly #entries = new Map<string, Entry>();
  #live: Entry[] = [];
  #paced: Entry[] = [];
  #pacedHead = 0;
  #cooling: Entry[] = [];
  #coolingHead = 0;
  #marks: Mark[] = [];
  #sequence = 0;
  #due = 0;
  #sending = 0;
  #rate = 0;
  #allowance = 0;
  #pacedAtMs = 0;

  constructor(options: PublishQueueOptions) {
    this.#options = options;
  }

  /** Tokens that are to be published, those under way included. */
  get due(): number {
    return this.#due;
  }

  /** Tokens under way. */
  get sending(): number {
    return this.#sending;
  }

  add(tokens: readonly string[], lane: 'live' | 'paced'): void {
    for (const token of tokens) this.#add(token, lane);
    if (lane === 'paced' && tokens.length > 0) this.#raiseRate();
  }

  /** Up to `max` tokens to send now; each must be given back by `settle`. */
  take(nowMs: number, max: number): string[] {
    this.#cool(nowMs);
    const taken: string[] = [];
    const live = this.#live;
    let used = 0;
    while (used < live.length && taken.length < max) this.#send(live[used++]!, 'live', nowMs, taken);
    this.#live = used === live.length ? [] : live.slice(used);
    for (
      let allowed = this.#allow(nowMs);
      allowed > 0 && this.#pacedHead < this.#paced.length && taken.length < max;
    ) {
      if (this.#send(this.#paced[this.#pacedHead++]!, 'paced', nowMs, taken)) allowed--;
    }
    if (this.#pacedHead === this.#paced.length) {
      this.#paced = [];
      this.#pacedHead = 0;
      this.#rate = 0;
    }
    return taken;
  }

  /** What was taken is out, or failed and is due again. */
  settle(tokens: readonly string[], succeeded: boolean): void {
    for (const token of tokens) {
      const entry = this.#entries.get(token)!;
      this.#sending--;
      if (!succeeded) {
        // Sent again it carries the later change too, so the two become one.
        if (entry.again) this.#settled(entry.againSequence);
        entry.again = false;
        this.#enter(entry, 'live');
        continue;
      }
      this.#settled(entry.sequence);
      entry.state = 'cooling';
      this.#cooling.push(entry);
      if (entry.again) entry.sequence = entry.againSequence;
    }
  }

  /** Resolves when everything that is due now is out. */
  drained(): Promise<void> {
    if (this.#due === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#marks.push({ sequence: this.#sequence, remaining: this.#due, resolve });
    });
  }

  #add(token: string, lane: 'live' | 'paced'): void {
    let entry = this.#entries.get(token);
    if (!entry) {
      entry = { token, sequence: ++this.#sequence, state: lane, again: false, againSequence: 0, sentAtMs: 0 };
      this.#entries.set(token, entry);
      this.#due++;
      this.#enter(entry, lane);
    } else if (entry.state === 'sending' || entry.state === 'cooling') {
      if (entry.again) return;
      entry.again = true;
      this.#due++;
      if (entry.state === 'sending') entry.againSequence = ++this.#sequence;
      else entry.sequence = ++this.#sequence;
    } else if (entry.state === 'paced' && lane === 'live') {
      // It stays in the paced lane too, where its state makes it be passed over.
      this.#enter(entry, 'live');
    }
  }

  #enter(entry: Entry, lane: 'live' | 'paced'): void {
    entry.state = lane;
    if (lane === 'live') this.#live.push(entry);
    else this.#paced.push(entry);
  }

  #send(entry: Entry, lane: 'live' | 'paced', nowMs: number, taken: string[]): boolean {
    if (entry.state !== lane) return false;
    entry.state = 'sending';
    entry.again = false;
    entry.sentAtMs = nowMs;
    this.#sending++;
    taken.push(entry.token);
    return true;
  }

  /** Lets go of those whose interval is over, or brings them back when they changed meanwhile. */
  #cool(nowMs: number): void {
    const cooling = this.#cooling;
    let head = this.#coolingHead;
    while (head < cooling.length && cooling[head]!.sentAtMs + this.#options.intervalMs <= nowMs) {
      const entry = cooling[head++]!;
      if (entry.again) {
        entry.again = false;
        this.#enter(entry, 'live');
      } else {
        this.#entries.delete(entry.token);
      }
    }
    this.#coolingHead = head;
    if (head === cooling.length || head > 10_000) {
      this.#cooling = cooling.slice(head);
      this.#coolingHead = 0;
    }
  }

  #settled(sequence: number): void {
    this.#due--;
    if (this.#marks.length === 0) return;
    for (const mark of this.#marks) if (sequence <= mark.sequence) mark.remaining--;
    const done = this.#marks.filter(({ remaining }) => remaining === 0);
    if (done.length === 0) return;
    this.#marks = this.#marks.filter(({ remaining }) => remaining > 0);
    for (const { resolve } of done) resolve();
  }

  #raiseRate(): void {
    const { spreadMs, minRate, maxRate } = this.#options;
    const backlog = this.#paced.length - this.#pacedHead;
    this.#rate = Math.min(maxRate, Math.max(this.#rate, minRate, (backlog * 1_000) / spreadMs));
  }

  #allow(nowMs: number): number {
    const elapsedMs = Math.min(nowMs - this.#pacedAtMs, this.#options.spreadMs);
    this.#pacedAtMs = nowMs;
    if (this.#rate === 0) return 0;
    this.#allowance += (elapsedMs * this.#rate) / 1_000;
    const allowed = Math.floor(this.#allowance);
    this.#allowance -= allowed;
    return allowed;
  }
}
