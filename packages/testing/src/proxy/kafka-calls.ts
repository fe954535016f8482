const metadata = 3;
const findCoordinator = 10;
const host = Buffer.from('127.0.0.1');

/**
 * Tells of each request and answer of a connection to a broker which call it is. On the way, answers that name the broker get the
 * proxy's port in place of its own.
 */
export function createKafkaCalls(brokerPort: number, proxyPort: number) {
  const calls = new Map<number, number>();
  const broker = Buffer.concat([host, fourBytes(brokerPort)]);
  return {
    client(request: Buffer): number {
      const call = request.readInt16BE(4);
      calls.set(request.readInt32BE(8), call);
      return call;
    },
    server(response: Buffer): number {
      const correlationId = response.readInt32BE(4);
      const call = calls.get(correlationId) ?? -1;
      calls.delete(correlationId);
      if (call === metadata || call === findCoordinator) replacePort(response, broker, proxyPort);
      return call;
    },
  };
}

/** An answer carries a broker as its host, a string behind its length, and its port in four bytes. */
function replacePort(response: Buffer, broker: Buffer, port: number): void {
  for (let at = response.indexOf(broker); at !== -1; at = response.indexOf(broker, at + 1)) {
    response.writeInt32BE(port, at + host.length);
  }
}

function fourBytes(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(number);
  return bytes;
}
