import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { loadSettings, Readiness, silentLogger } from '@tidemark/runtime';
import type { Owner } from '@tidemark/testing/owner';
import type { Version } from '@tidemark/wire';
import { Registry } from 'prom-client';
import { WebSocket } from 'ws';
import { createApp, type GatewayApp } from '../src/app.ts';
import { schema } from '../src/config.ts';

export const partitionCount = 3;
const log = silentLogger();

/** A gateway in this process, ready. */
export async function startGateway(t: TestContext, { stack }: Owner, env: Record<string, string> = {}) {
  const readiness = new Readiness();
  const metrics = new Registry();
  const failures: unknown[] = [];
  const app: GatewayApp = await createApp({
    settings: loadSettings(schema, {
      ...stack.env,
      PARTITIONS: String(partitionCount),
      GATEWAY_PORT: '0',
      DRAIN_SPREAD: '50ms',
      ...env,
    }),
    instance: 'gateway',
    log,
    metrics,
    readiness,
    signal: new AbortController().signal,
    fail: (error) => failures.push(error),
  });
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= app.close());
  t.after(close);
  while (!readiness.ready) await new Promise((resolve) => setTimeout(resolve, 5));
  return {
    url: app.url,
    httpUrl: app.url.replace('ws:', 'http:').replace('/v1/stream', ''),
    readiness,
    metrics,
    failures,
    close,
    /** The sum of a metric of the gateway over its labels. */
    async metric(name: string): Promise<number> {
      const text = await metrics.getSingleMetricAsString(`tidemark_gateway_${name}`);
      const values = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
  };
}

export interface Frame {
  type: string;
  token?: string;
  partition?: number;
  version?: Version;
  code?: string;
  [key: string]: unknown;
}

/** A client that keeps every frame. */
export class Client {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly closed: Promise<number>;
  /** The connection beneath, to write what the library would not. */
  tcp: Socket | undefined;
  #wake: () => void = () => undefined;

  constructor(t: TestContext, url: string, options = {}) {
    this.socket = new WebSocket(url, options);
    this.socket.on('error', () => undefined);
    this.socket.on('upgrade', ({ socket }) => {
      this.tcp = socket;
    });
    this.socket.on('message', (data) => {
      this.frames.push(JSON.parse((data as Buffer).toString()) as Frame);
      this.#wake();
    });
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    t.after(() => this.socket.terminate());
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The first frame, of those that came and those to come, that the condition holds for. */
  async frame(condition: (frame: Frame) => boolean): Promise<Frame> {
    while (true) {
      const found = this.frames.find(condition);
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Connected and subscribed. */
  static async subscribed(t: TestContext, url: string, tokens: string[], options = {}): Promise<Client> {
    const client = new Client(t, url);
    await client.frame(({ type }) => type === 'welcome');
    client.send({ id: 1, op: 'subscribe', channel: 'stats', tokens, ...options });
    await client.frame(({ type }) => type === 'ack');
    return client;
  }
}

/** The HTTP answer to a refused handshake. */
export async function refusedHandshake(url: string): Promise<{ status: number; code: string }> {
  const socket = new WebSocket(url);
  return new Promise((resolve, reject) => {
    socket.once('open', () => reject(new Error('the handshake was accepted')));
    socket.once('unexpected-response', (_request, response) => {
      response.setEncoding('utf8');
      let body = '';
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode!, code: (JSON.parse(body) as { code: string }).code });
        socket.terminate();
      });
    });
    socket.on('error', () => undefined);
  });
}
