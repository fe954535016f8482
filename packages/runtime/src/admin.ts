import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { CodedError } from './errors.ts';
import type { Readiness } from './readiness.ts';

export interface AdminOptions {
  host: string;
  port: number;
  metrics: Registry;
  readiness: Readiness;
}

export interface AdminServer {
  url: string;
  close(): Promise<void>;
}

/** Serves /healthz (200, or 503 when stuck), /readyz (200 or 503 with what is waited for), both with the state, and /metrics (Prometheus text). */
export async function startAdmin({ host, port, metrics, readiness }: AdminOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    const json = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    };
    switch (request.url?.split('?', 1)[0]) {
      case '/healthz': {
        const { httpStatus, body } = readiness.health();
        json(httpStatus, body);
        break;
      }
      case '/readyz': {
        const { httpStatus, body } = readiness.readiness();
        json(httpStatus, body);
        break;
      }
      case '/metrics':
        metrics.metrics().then(
          (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
          (error: unknown) => json(500, { error: String(error) }),
        );
        break;
      default:
        json(404, { error: 'paths are /healthz, /readyz and /metrics' });
    }
  });
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Listens, or fails with PORT_TAKEN. */
export function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new CodedError('PORT_TAKEN', `port ${port} on ${host} is taken`) : error),
    );
    server.listen(port, host, resolve);
  });
}
