import { createServer } from 'node:net';

/** A port for each name that is free now, different ones. */
export async function freePorts<Name extends string>(...names: Name[]): Promise<Record<Name, number>> {
  const servers = await Promise.all(names.map(listening));
  await Promise.all(servers.map(({ close }) => close()));
  return Object.fromEntries(names.map((name, index) => [name, servers[index]!.port])) as Record<Name, number>;
}

async function listening(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
