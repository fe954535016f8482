import { connect, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from '@tidemark/testing';

/** PostgreSQL's clients ask for TLS in the clear first, with 8 bytes that are answered by one. */
const sslRequestBytes = 8;

/** Lets TLS clients reach a server that talks none; `asks`: in PostgreSQL's way. Resolves to its port on 127.0.0.1. */
export async function startTlsFront(
  { hostname, port }: URL,
  certificate: Certificate,
  { asks = false } = {},
): Promise<{ port: number; close: () => void }> {
  const open = new Set<Socket>();
  const pass = (client: Socket) => {
    const secure = new TLSSocket(client, { isServer: true, ...certificate });
    const server = connect(Number(port), hostname);
    for (const socket of [client, secure, server]) {
      open.add(socket);
      // A client that refuses the certificate breaks the connection off; that is for the client to report.
      socket.on('error', () => server.destroy());
    }
    secure.pipe(server).pipe(secure);
  };
  const front = createServer((client) => {
    if (!asks) return pass(client);
    client.once('data', (request) => {
      if (request.length !== sslRequestBytes) client.destroy();
      client.write('S', () => pass(client));
    });
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  return {
    port: (front.address() as { port: number }).port,
    close() {
      front.close();
      for (const socket of open) socket.destroy();
    },
  };
}
