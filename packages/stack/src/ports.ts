import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { CodedError } from '@tidemark/runtime';

/**
 * Below the range from which systems draw the ports of outgoing connections (Linux from 32768, macOS from 49152): while a
 * server is down for a moment, a client that reconnects could otherwise be given that very port as its own.
 */
const firstFreePort = 20_000;
const lastFreePort = 31_999;
const tries = 200;

/** True when nothing listens on the port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Hands out free ports, none of them twice. */
export class PortPicker {
  readonly #given = new Set<number>();

  async free(): Promise<number> {
    for (let left = tries; left > 0; left--) {
      const port = randomInt(firstFreePort, lastFreePort + 1);
      if (!this.#given.has(port) && (await isFree(port))) return this.#give(port);
    }
    throw new CodedError('PORT_TAKEN', `no free port found between ${firstFreePort} and ${lastFreePort}`);
  }

  /**
   * The port of a setting: the value given, which must be free; else the default, or a free one when that is taken.
   * @throws CodedError PORT_TAKEN or OPTION_INVALID, naming the setting.
   */
  async forSetting(name: string, value: string | undefined, byDefault: number): Promise<number> {
    if (value === undefined || value === '') {
      return !this.#given.has(byDefault) && (await isFree(byDefault)) ? this.#give(byDefault) : this.free();
    }
    const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
    if (port < 1 || port > 65_535) throw new CodedError('OPTION_INVALID', `${name}=${value} is no port`);
    if (this.#given.has(port) || !(await isFree(port))) {
      throw new CodedError('PORT_TAKEN', `${name}=${port}, but something listens on 127.0.0.1:${port} already`);
    }
    return this.#give(port);
  }

  #give(port: number): number {
    this.#given.add(port);
    return port;
  }
}
