import { Counter, Gauge, type Registry } from 'prom-client';
import type { Hub } from './hub/hub.ts';

export interface GatewayMetrics {
  sent(bytes: number): void;
  /** A message or a handshake was refused. */
  refused(code: string): void;
  closed(code: number): void;
}

/** Frames are counted in plain numbers, which the scrape reads: a metric's own counter costs more than the frame. */
export function createMetrics(registry: Registry, hub: Hub): GatewayMetrics {
  let frames = 0;
  let sentBytes = 0;
  const refusals = new Counter({
    name: 'tidemark_gateway_refusals_total',
    help: 'Messages and handshakes refused, by code.',
    labelNames: ['code'],
    registers: [registry],
  });
  const closes = new Counter({
    name: 'tidemark_gateway_closes_total',
    help: 'Connections closed, by close code.',
    labelNames: ['code'],
    registers: [registry],
  });
  counterOf(registry, 'tidemark_gateway_frames_total', 'Frames sent.', () => frames);
  counterOf(registry, 'tidemark_gateway_sent_bytes_total', 'Bytes of frames sent.', () => sentBytes);
  gaugeOf(registry, 'tidemark_gateway_connections', 'Clients connected.', () => hub.sessionCount);
  gaugeOf(registry, 'tidemark_gateway_tokens', 'Tokens held.', () => hub.tokenCount);
  gaugeOf(registry, 'tidemark_gateway_owed_updates', 'Updates owed to slow or paced clients.', () =>
    [...hub.sessions].reduce((sum, { delivery }) => sum + delivery.owed, 0),
  );
  gaugeOf(
    registry,
    'tidemark_gateway_slow_connections',
    'Clients whose buffer is full.',
    () => [...hub.sessions].filter(({ delivery }) => delivery.full).length,
  );
  return {
    sent(bytes) {
      frames += 1;
      sentBytes += bytes;
    },
    refused: (code) => refusals.inc({ code }),
    closed: (code) => closes.inc({ code }),
  };
}

function gaugeOf(registry: Registry, name: string, help: string, read: () => number): void {
  registry.registerMetric(
    new Gauge({
      name,
      help,
      registers: [],
      collect() {
        this.set(read());
      },
    }),
  );
}

function counterOf(registry: Registry, name: string, help: string, read: () => number): void {
  registry.registerMetric(
    new Counter({
      name,
      help,
      registers: [],
      collect() {
        this.reset();
        this.inc(read());
      },
    }),
  );
}
