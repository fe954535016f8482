import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger, Readiness } from '@tidemark/runtime';
import { WebSocketServer } from 'ws';
import type { Settings } from './config.ts';
import { type Connection, openConnection } from './connection.ts';
import { type UpgradeErrorCode, upgradeErrors } from './error-codes.ts';
import type { Hub } from './hub/hub.ts';
import type { GatewayMetrics } from './metrics.ts';

const streamPath = '/v1/stream';
/** A handshake that takes longer is dropped. */
const handshakeTimeoutMs = 5_000;
const handshakeCheckMs = 1_000;
/** How long a client may take to answer a closing frame before the socket is destroyed. */
const closeTimeoutMs = 2_000;
const slowCheckMs = 500;

export interface GatewayServerDeps {
  settings: Settings;
  hub: Hub;
  readiness: Readiness;
  log: Logger;
  metrics: GatewayMetrics;
  now(): number;
}

/** The public port: WebSocket at /v1/stream, /healthz and /readyz. Not yet listening. */
export class GatewayServer {
  readonly http: Server;
  readonly #deps: GatewayServerDeps;
  readonly #sockets: WebSocketServer;
  readonly #connections = new Set<Connection>();
  readonly #connectionsOf = new Map<string, number>();
  readonly #timers: NodeJS.Timeout[];
  #stopping = false;

  constructor(deps: GatewayServerDeps) {
    this.#deps = deps;
    const { settings, hub } = deps;
    const options = {
      noServer: true,
      clientTracking: false,
      maxPayload: settings.MAX_MESSAGE_BYTES,
      // Compression costs a context of memory for each client, and opens the door to messages that expand.
      perMessageDeflate: false,
      // Not in the types yet.
      closeTimeout: closeTimeoutMs,
    };
    this.#sockets = new WebSocketServer(options);
    const timeouts = {
      requestTimeout: handshakeTimeoutMs,
      headersTimeout: handshakeTimeoutMs,
      connectionsCheckingInterval: handshakeCheckMs,
    };
    this.http = createServer(timeouts, (request, response) => this.#answer(request, response));
    this.http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#timers = [
      setInterval(() => this.#beat(), settings.HEARTBEAT_INTERVAL),
      setInterval(() => hub.closeSlow(), slowCheckMs),
    ];
  }

  /** Refuses new clients, closes those there are with 1012 over DRAIN_SPREAD, then the port. */
  async close(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearInterval(timer);
    const connections = [...this.#connections];
    const pauseMs = connections.length === 0 ? 0 : this.#deps.settings.DRAIN_SPREAD / connections.length;
    const startedMs = this.#deps.now();
    for (const [index, connection] of connections.entries()) {
      const waitMs = startedMs + index * pauseMs - this.#deps.now();
      // Timers are no finer than a millisecond; many clients share one.
      if (waitMs >= 1) await sleep(waitMs);
      connection.close(1012, 'the gateway restarts');
    }
    const deadlineMs = this.#deps.now() + closeTimeoutMs;
    while (this.#connections.size > 0 && this.#deps.now() < deadlineMs) await sleep(20);
    await new Promise<void>((resolve) => {
      this.http.close(() => resolve());
      this.http.closeAllConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request);
    const json = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    if (path === '/healthz') {
      const { httpStatus, body } = this.#deps.readiness.health();
      json(httpStatus, body);
    } else if (path === '/readyz') {
      const { httpStatus, body } = this.#deps.readiness.readiness();
      json(httpStatus, body);
    } else {
      const code = path === streamPath ? 'UPGRADE_REQUIRED' : 'NOT_FOUND';
      const { status, meaning } = upgradeErrors[code];
      json(status, { code, message: meaning });
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const address = request.socket.remoteAddress ?? 'unknown';
    const refusal = this.#refusal(request, address);
    if (refusal !== null) {
      this.#deps.metrics.refused(refusal);
      refuse(socket, refusal);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      const { settings, hub, log, metrics, now } = this.#deps;
      const connection = openConnection({
        socket: client,
        hub,
        log,
        metrics,
        heartbeatMs: settings.HEARTBEAT_INTERVAL,
        maxSubscriptions: settings.MAX_SUBSCRIPTIONS,
        maxMessagesPerSecond: settings.MAX_MESSAGES_PER_SECOND,
        now,
      });
      this.#connections.add(connection);
      this.#count(address, 1);
      client.on('close', () => {
        this.#connections.delete(connection);
        this.#count(address, -1);
      });
    });
  }

  #refusal(request: IncomingMessage, address: string): UpgradeErrorCode | null {
    const { settings, readiness } = this.#deps;
    if (pathOf(request) !== streamPath) return 'NOT_FOUND';
    if (this.#stopping || !readiness.ready) return 'NOT_READY';
    if (this.#connections.size >= settings.MAX_CONNECTIONS) return 'CONNECTIONS_LIMIT';
    const ofAddress = this.#connectionsOf.get(address) ?? 0;
    return ofAddress >= settings.MAX_CONNECTIONS_PER_ADDRESS ? 'CONNECTIONS_PER_ADDRESS_LIMIT' : null;
  }

  #count(address: string, change: 1 | -1): void {
    const count = (this.#connectionsOf.get(address) ?? 0) + change;
    if (count === 0) this.#connectionsOf.delete(address);
    else this.#connectionsOf.set(address, count);
  }

  #beat(): void {
    for (const connection of this.#connections) connection.beat();
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}

function refuse(socket: Duplex, code: UpgradeErrorCode): void {
  const { status, meaning } = upgradeErrors[code];
  const body = `${JSON.stringify({ code, message: meaning })}\n`;
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(status === 429 || status === 503 ? ['retry-after: 1'] : []),
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}
