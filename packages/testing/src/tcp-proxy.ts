import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server on this machine, and lets a test take the server away from that client alone. */
export interface TcpProxy {
  /** `127.0.0.1:<port>`, the same through every outage. */
  address: string;
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
  /** For a Kafka broker: its clients are told the proxy's address instead of the broker's own. */
  isKafka?: boolean;
}

export async function startTcpProxy({ target, isKafka = false }: TcpProxyOptions): Promise<TcpProxy> {
  const targetPort = Number(target.slice(target.lastIndexOf(':') + 1));
  const sockets = new Set<Socket>();
  let isPaused = false;
  let server: Server | undefined;
  let port = 0;

  function forward(from: Socket, to: Socket, change: (bytes: Buffer) => Buffer): void {
    sockets.add(from);
    from.on('data', (bytes) => {
      if (!to.write(change(bytes))) from.pause();
    });
    to.on('drain', () => {
      if (!isPaused) from.resume();
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    if (isPaused) from.pause();
  }

  async function listen(): Promise<void> {
    server = createServer((client) => {
      const upstream = connect({ host: '127.0.0.1', port: targetPort });
      forward(client, upstream, (bytes) => bytes);
      forward(upstream, client, isKafka ? (bytes) => withPort(bytes, targetPort, port) : (bytes) => bytes);
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
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await listen();
  return {
    address: `127.0.0.1:${port}`,
    pause() {
      isPaused = true;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      isPaused = false;
      for (const socket of sockets) socket.resume();
    },
    cut,
    restore: listen,
    close: cut,
  };
}

/** Kafka's answers carry a broker as its host, a string behind its length, and its port in four bytes. */
function withPort(bytes: Buffer, from: number, to: number): Buffer {
  const host = Buffer.from('127.0.0.1');
  const wanted = Buffer.concat([host, fourBytes(from)]);
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) {
    fourBytes(to).copy(bytes, at + host.length);
  }
  return bytes;
}

function fourBytes(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(number);
  return bytes;
}
