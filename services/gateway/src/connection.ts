import { randomUUID } from 'node:crypto';
import type { Logger } from '@tidemark/runtime';
import type { RawData, WebSocket } from 'ws';
import type { CloseCode } from './close-codes.ts';
import { execute, reply } from './commands.ts';
import type { Hub } from './hub/hub.ts';
import type { Peer } from './hub/peer.ts';
import type { GatewayMetrics } from './metrics.ts';
import { MessageError, parseMessage, protocolVersion } from './protocol.ts';
import { RateLimit } from './rate-limit.ts';

export interface ConnectionOptions {
  socket: WebSocket;
  hub: Hub;
  log: Logger;
  metrics: GatewayMetrics;
  heartbeatMs: number;
  maxSubscriptions: number;
  maxMessagesPerSecond: number;
  now(): number;
}

export interface Connection {
  close(code: CloseCode, reason: string): void;
  /** Pings; a client that has not answered the ping before is dropped. */
  beat(): void;
}

/** Ties a socket to a session of the hub. */
export function openConnection(options: ConnectionOptions): Connection {
  const { socket, hub, metrics, heartbeatMs, maxSubscriptions, maxMessagesPerSecond, now } = options;
  const log = options.log.child({ session: randomUUID() });
  const peer = createPeer(socket, metrics);
  const session = hub.open(peer);
  const context = { hub, session, maxSubscriptions };
  const rate = new RateLimit(maxMessagesPerSecond, now());
  let refusedInARow = 0;
  let answered = true;

  /** Refuses what comes too fast, out loud; who does not slow down is closed. */
  const allow = (isPing: boolean): boolean => {
    if (rate.take(now())) {
      refusedInARow = 0;
      return true;
    }
    refusedInARow += 1;
    metrics.refused('RATE_LIMITED');
    if (refusedInARow > maxMessagesPerSecond) peer.close(1008, 'too many messages');
    else if (!isPing)
      reply(
        context,
        errorFrame(new MessageError('RATE_LIMITED', undefined, `at most ${maxMessagesPerSecond} a second`)),
      );
    return false;
  };

  const receive = (text: string) => {
    try {
      execute(parseMessage(text), context);
    } catch (error) {
      if (error instanceof MessageError) {
        metrics.refused(error.code);
        reply(context, errorFrame(error));
        return;
      }
      log.error({ error }, 'a message could not be handled');
      peer.close(1011, 'internal error');
    }
  };

  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (socket.readyState !== socket.OPEN || !allow(false)) return;
    if (isBinary) peer.close(1003, 'messages are JSON text');
    else receive((data as Buffer).toString());
  });
  socket.on('ping', () => allow(true));
  socket.on('pong', () => {
    answered = true;
  });
  // `ws` closes by itself after a broken frame (1002, 1007, 1009); the reason is worth a line for who debugs a client.
  socket.on('error', (error) => log.debug({ error }, error.message));
  socket.on('close', (code) => {
    hub.close(session);
    metrics.closed(peer.closedWith ?? code);
  });
  reply(context, { type: 'welcome', session: log.bindings()['session'], heartbeatMs, protocol: protocolVersion });
  return {
    close: (code, reason) => peer.close(code, reason),
    beat() {
      if (!answered) {
        socket.terminate();
        return;
      }
      answered = false;
      socket.ping();
    },
  };
}

interface SocketPeer extends Peer {
  /** Why it was closed from here: a client that does not read never answers, and then the socket itself knows 1006 alone. */
  readonly closedWith: CloseCode | undefined;
}

function createPeer(socket: WebSocket, metrics: GatewayMetrics): SocketPeer {
  let closedWith: CloseCode | undefined;
  return {
    get closedWith() {
      return closedWith;
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    send(frame, onFlushed) {
      if (socket.readyState !== socket.OPEN) return;
      metrics.sent(frame.length);
      socket.send(frame, { binary: false }, onFlushed);
    },
    close(code, reason) {
      closedWith ??= code;
      socket.close(code, reason);
    },
  };
}

function errorFrame({ id, code, message }: MessageError) {
  return { type: 'error', id, code, message };
}
