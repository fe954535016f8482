import { setTimeout as sleep } from 'node:timers/promises';
import { compareVersions, type Version } from '@tidemark/wire';
import { WebSocket } from 'ws';

interface Frame {
  type: string;
  token?: string;
  partition?: number;
  version: Version;
  items?: Frame[];
}

/** A WebSocket client of everything that notes each version which is not newer than the one before of its token. */
export interface Subscriber {
  updates: number;
  marks: number;
  /** Versions that went back or stood still; must stay empty. */
  wentBack: string[];
  versions: ReadonlyMap<string, Version>;
  close(): void;
}

const connectRetryMs = 200;
const connectAttempts = 100;

export async function subscribeToAll(url: string): Promise<Subscriber> {
  const socket = await open(url);
  const versions = new Map<string, Version>();
  const subscriber: Subscriber = { updates: 0, marks: 0, wentBack: [], versions, close: () => socket.terminate() };
  const note = (frame: Frame) => {
    const key = frame.token ?? `#${frame.partition}`;
    const held = versions.get(key);
    if (held && compareVersions(frame.version, held) <= (frame.token ? 0 : -1))
      subscriber.wentBack.push(`${key}: ${held.join('.')} then ${frame.version.join('.')}`);
    versions.set(key, frame.version);
    if (frame.token) subscriber.updates++;
    else subscriber.marks++;
  };
  const acknowledged = new Promise<void>((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame & { message?: string };
      if (frame.type === 'ack') resolve();
      else if (frame.type === 'error') reject(new Error(frame.message));
      else if (['snapshot', 'update', 'mark'].includes(frame.type)) note(frame);
    });
  });
  socket.send(JSON.stringify({ id: 1, op: 'subscribe', channel: 'stats', tokens: ['*'] }));
  await acknowledged;
  return subscriber;
}

/** The gateway refuses upgrades until it has caught up. */
async function open(url: string): Promise<WebSocket> {
  for (let attempt = 1; ; attempt++) {
    const socket = new WebSocket(url);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('error', reject);
      });
      return socket;
    } catch (error) {
      if (attempt === connectAttempts) throw error;
      await sleep(connectRetryMs);
    }
  }
}
