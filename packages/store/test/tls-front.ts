import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';

/** PEM texts of a self-signed certificate for 127.0.0.1, which is its own authority. */
export interface Certificate {
  cert: string;
  key: string;
}

export function selfSigned(): Certificate {
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-tls-'));
  const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const subject = ['-days', '2', '-subj', '/CN=tidemark-test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  try {
    execFileSync('openssl', ['req', '-x509', ...newKey, '-out', certFile, ...subject], { stdio: 'pipe' });
    return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

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
