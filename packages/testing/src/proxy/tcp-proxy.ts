import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import type { Protocol } from './frames.ts';
import { createLink, type Link, type Tap } from './link.ts';

/** Stands between a client and a server on this machine, and lets a test take the server away from that client alone. */
export interface TcpProxy {
  /** `127.0.0.1:<port>`, the same through every outage. */
  address: string;
  /** Sees each message before it is passed on, and decides about it; undefined: everything passes. */
  tap: Tap | undefined;
  /** Holds all bytes back, both ways: connections stand and nothing answers, as with a server that is frozen. */
  pause(): void;
  resume(): void;
  /** Ends all connections and takes no new ones, as with a server that is gone. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  close(): Promise<void>;
}

export interface TcpProxyOptions {
  /** `host:port` of the server. */
  target: string;
  /** What to cut the bytes into for a tap. Clients of a Kafka broker are told the proxy's address instead of the broker's own. */
  protocol?: Protocol;
}

export async function startTcpProxy({ target, protocol = 'raw' }: TcpProxyOptions): Promise<TcpProxy> {
  const targetPort = Number(target.slice(target.lastIndexOf(':') + 1));
  const links = new Set<Link>();
  let isPaused = false;
  let server: Server | undefined;
  let port = 0;
  let tap: Tap | undefined;

  async function listen(): Promise<void> {
    server = createServer((client) => {
      const upstream = connect({ host: '127.0.0.1', port: targetPort });
      const link = createLink({ client, server: upstream, protocol, tap: () => tap, ports: [targetPort, port] });
      links.add(link);
      client.on('close', () => links.delete(link));
      if (isPaused) link.pause();
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }

  async function cut(): Promise<void> {
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server = undefined;
    for (const link of links) link.destroy();
    await closed;
  }

  await listen();
  return {
    address: `127.0.0.1:${port}`,
    get tap() {
      return tap;
    },
    set tap(next) {
      tap = next;
    },
    pause() {
      isPaused = true;
      for (const link of links) link.pause();
    },
    resume() {
      isPaused = false;
      for (const link of links) link.resume();
    },
    cut,
    restore: listen,
    close: cut,
  };
}
