import { setTimeout as sleep } from 'node:timers/promises';
import { compareVersions, type Version } from '@tidemark/wire';
import { WebSocket } from 'ws';

export interface ValueFrame {
  type: 'snapshot' | 'update';
  token: string;
  version: Version;
  windows: Record<string, { trades: number }>;
}

type Frame =
  | ValueFrame
  | { type: 'mark'; partition: number; version: Version }
  | { type: 'welcome' | 'ack' }
  | { type: 'error'; code: string; message: string };

const pollMs = 50;
const markTimeoutMs = 15_000;
const maxFrameBytes = 1_048_576;

/** One client of the stream that takes every token, each update as it comes. */
export class Subscriber {
  updates = 0;
  bytes = 0;
  readonly #socket: WebSocket;
  readonly #onValue: (frame: ValueFrame) => void;
  readonly #versions = new Map<string, Version>();
  readonly #marks = new Map<number, Version>();
  readonly #acknowledged: Promise<void>;
  #failure: Error | undefined;

  private constructor(socket: WebSocket, onValue: (frame: ValueFrame) => void) {
    this.#socket = socket;
    this.#onValue = onValue;
    this.#acknowledged = new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', (code, reason) => this.#fail(new Error(`the stream was closed: ${code} ${String(reason)}`)));
      socket.on('message', (data: Buffer) => {
        try {
          if (this.#take(data).type === 'ack') resolve();
        } catch (error) {
          reject(error);
          this.#fail(error as Error);
        }
      });
    });
    socket.on('open', () => socket.send(JSON.stringify({ id: 1, op: 'subscribe', channel: 'stats', tokens: ['*'] })));
  }

  /** Resolves once the subscription is acknowledged. `onValue` is called for each frame of a token, in their order. */
  static async open(url: string, onValue: (frame: ValueFrame) => void): Promise<Subscriber> {
    const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: maxFrameBytes });
    const subscriber = new Subscriber(socket, onValue);
    await subscriber.#acknowledged;
    return subscriber;
  }

  /** Resolves once the stream says that everything up to these offsets, one a partition, has been sent. */
  async untilMarked(nextOffsets: readonly number[], signal: AbortSignal): Promise<void> {
    const deadlineMs = performance.now() + markTimeoutMs;
    const isBehind = (offset: number, partition: number) => (this.#marks.get(partition)?.[1] ?? 0) < offset;
    while (nextOffsets.some(isBehind)) {
      if (this.#failure) throw this.#failure;
      if (performance.now() > deadlineMs) throw new Error(`no mark up to ${nextOffsets.join()} came`);
      await sleep(pollMs, undefined, { signal });
    }
  }

  /** @throws Error when the stream failed, ended or stepped back. */
  close(): void {
    if (this.#failure) throw this.#failure;
    this.#failure = new Error('closed');
    this.#socket.terminate();
  }

  #take(data: Buffer): Frame {
    const frame = JSON.parse(data.toString()) as Frame;
    if (frame.type === 'update' || frame.type === 'snapshot') {
      this.updates++;
      this.bytes += data.length;
      this.#requireNewer(frame);
      this.#onValue(frame);
    } else if (frame.type === 'mark') {
      this.#marks.set(frame.partition, frame.version);
    } else if (frame.type === 'error') {
      throw new Error(`the gateway answered ${frame.code}: ${frame.message}`);
    }
    return frame;
  }

  #requireNewer({ token, version }: ValueFrame): void {
    const held = this.#versions.get(token);
    if (held && compareVersions(version, held) <= 0)
      throw new Error(`${token} stepped back: ${held.join()} then ${version.join()}`);
    this.#versions.set(token, version);
  }

  /** The first failure is the cause of the others. */
  #fail(error: Error): void {
    this.#failure ??= error;
  }
}
