import type { Socket } from 'node:net';
import { createFramer, type Protocol } from './frames.ts';
import { createKafkaCalls } from './kafka-calls.ts';

/** Watches the messages of a proxy. Each answers whether the message goes on; one that does not is dropped. */
export interface Tap {
  /** `call`: Kafka's number of the request (0 Produce, 1 Fetch, 8 OffsetCommit); -1 for other protocols. */
  request?(message: Buffer, call: number, link: Link): boolean;
  /** `call`: of the request that is answered. */
  response?(message: Buffer, call: number, link: Link): boolean;
}

/** One connection through a proxy. */
export interface Link {
  pause(): void;
  resume(): void;
  /** Ends both sides at once. */
  destroy(): void;
  /** Ends the client's side alone, as a network does that fails; the server's stays open until `endServer`. */
  cutClient(): void;
  sendToServer(message: Buffer): void;
  /** Ends the server's side once it has taken what was sent. */
  endServer(): void;
}

export interface LinkOptions {
  client: Socket;
  server: Socket;
  protocol: Protocol;
  tap: () => Tap | undefined;
  /** The server's port and the proxy's: where Kafka tells the one, clients are told the other. */
  ports: [server: number, proxy: number];
}

export function createLink({ client, server, protocol, tap, ports }: LinkOptions): Link {
  const calls = protocol === 'kafka' ? createKafkaCalls(...ports) : undefined;
  let isPaused = false;
  let isCut = false;
  const link: Link = {
    pause() {
      isPaused = true;
      for (const socket of [client, server]) socket.pause();
    },
    resume() {
      isPaused = false;
      for (const socket of [client, server]) socket.resume();
    },
    destroy() {
      for (const socket of [client, server]) socket.destroy();
    },
    cutClient() {
      isCut = true;
      client.destroy();
    },
    sendToServer: (message) => void server.write(message),
    endServer: () => void server.end(),
  };
  const forward = (from: Socket, to: Socket, side: 'client' | 'server') => {
    const framer = createFramer(protocol, side);
    from.on('data', (bytes) => {
      for (const message of framer.push(bytes)) {
        const watch = tap();
        const call = calls?.[side](message) ?? -1;
        const passes = (side === 'client' ? watch?.request : watch?.response)?.call(watch, message, call, link) ?? true;
        if (passes && !to.destroyed && !to.write(message)) from.pause();
      }
    });
    to.on('drain', () => {
      if (!isPaused) from.resume();
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      if (!isCut || side === 'server') to.destroy();
    });
  };
  forward(client, server, 'client');
  forward(server, client, 'server');
  return link;
}
