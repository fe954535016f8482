import { setTimeout as sleep } from 'node:timers/promises';
import { compareVersions, type Version } from '@tidemark/wire';
import { WebSocket } from 'ws';

interface Frame {
  type: string;
  token?: string;
  partition?: number;
  version: Version;
  message?: string;
}

interface Connection {
  ended: Promise<void>;
}

const reconnectMs = 200;
const firstConnectAttempts = 100;
const maxNoted = 1_000;

/**
 * A WebSocket client of everything that connects again whenever it is cut off, and notes each version that is older than one it
 * was given before, over whatever connection; within one connection also a value that comes again in the same version.
 */
export class Subscriber {
  updates = 0;
  marks = 0;
  connections = 0;
  /** Versions that went back or stood still; must stay empty. Bounded. */
  readonly wentBack: string[] = [];
  readonly #url: string;
  /** The newest version of each token, and of each partition's marks under `#<partition>`. */
  readonly #versions = new Map<string, Version>();
  #socket: WebSocket | undefined;
  #closed = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(url: string) {
    this.#url = url;
  }

  /** Resolves once it is subscribed; the gateway refuses clients until it has caught up. */
  static async open(url: string): Promise<Subscriber> {
    const subscriber = new Subscriber(url);
    let first: Connection | undefined;
    for (let attempt = 1; first === undefined; attempt++) {
      try {
        first = await subscriber.#connect();
      } catch (error) {
        if (attempt === firstConnectAttempts) throw error;
        await sleep(reconnectMs);
      }
    }
    subscriber.#running = subscriber.#keepConnected(first);
    return subscriber;
  }

  get versions(): ReadonlyMap<string, Version> {
    return this.#versions;
  }

  /** Cuts the connection; another one follows. */
  reconnect(): void {
    this.#socket?.terminate();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#socket?.terminate();
    await this.#running;
  }

  async #keepConnected(first: Connection): Promise<void> {
    let connection: Connection | undefined = first;
    for (;;) {
      await connection?.ended;
      if (this.#closed) return;
      await sleep(reconnectMs);
      connection = await this.#connect().catch(() => undefined);
    }
  }

  /** Resolves once it is subscribed. */
  async #connect(): Promise<Connection> {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const given = new Set<string>();
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.once('close', () => reject(new Error('the connection was closed')));
      socket.once('open', () =>
        socket.send(JSON.stringify({ id: 1, op: 'subscribe', channel: 'stats', tokens: ['*'] })),
      );
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as Frame;
        if (frame.type === 'ack') resolve();
        else if (frame.type === 'error') reject(new Error(frame.message));
        else if (['snapshot', 'update', 'mark'].includes(frame.type)) this.#note(frame, given);
      });
    });
    this.connections++;
    return { ended };
  }

  #note(frame: Frame, given: Set<string>): void {
    const key = frame.token ?? `#${frame.partition}`;
    const held = this.#versions.get(key);
    const order = held ? compareVersions(frame.version, held) : 1;
    const isRepeated = order === 0 && frame.token !== undefined && given.has(key);
    if ((order < 0 || isRepeated) && this.wentBack.length < maxNoted)
      this.wentBack.push(`${key}: ${held!.join('.')} then ${frame.version.join('.')}`);
    if (order > 0) this.#versions.set(key, frame.version);
    given.add(key);
    if (frame.token !== undefined) this.updates++;
    else this.marks++;
  }
}
