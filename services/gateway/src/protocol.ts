import { isVersion, type Version } from '@tidemark/wire';
import { z } from 'zod';
import type { MessageErrorCode } from './error-codes.ts';

/** Of the `welcome`; raised when clients have to change. */
export const protocolVersion = 1;

const longestIntervalMs = 60_000;
const messageId = z.union([z.int(), z.string().max(64)]).optional();
const channel = z.string();

const subscribe = z.strictObject({
  id: messageId,
  op: z.literal('subscribe'),
  channel,
  tokens: z.array(z.string()).min(1),
  windows: z.array(z.string()).min(1).optional(),
  minIntervalMs: z.int().min(0).max(longestIntervalMs).default(0),
  since: z
    .record(z.string().regex(/^\d{1,6}$/), z.custom<Version>(isVersion, 'expected a version of four numbers'))
    .optional(),
  batch: z.boolean().default(false),
});

const unsubscribe = z.strictObject({
  id: messageId,
  op: z.literal('unsubscribe'),
  channel,
  /** All of them when absent. */
  tokens: z.array(z.string()).min(1).optional(),
});

const ping = z.strictObject({ id: messageId, op: z.literal('ping') });

const message = z.discriminatedUnion('op', [subscribe, unsubscribe, ping]);

export type MessageId = z.infer<typeof messageId>;
export type SubscribeMessage = z.infer<typeof subscribe>;
export type UnsubscribeMessage = z.infer<typeof unsubscribe>;
export type ClientMessage = z.infer<typeof message>;

/** Why a message was not acted on; sent as an `error` frame. */
export class MessageError extends Error {
  readonly code: MessageErrorCode;
  readonly id: MessageId;

  constructor(code: MessageErrorCode, id: MessageId, detail: string) {
    super(detail);
    this.name = 'MessageError';
    this.code = code;
    this.id = id;
  }
}

/** @throws MessageError */
export function parseMessage(text: string): ClientMessage {
  const parsed = parseObject(text);
  const id = messageId.safeParse(parsed['id']).data;
  const result = message.safeParse(parsed);
  if (!result.success) {
    const [issue] = result.error.issues;
    if (issue?.path[0] === 'op') {
      throw new MessageError('OP_UNKNOWN', id, 'op is one of subscribe, unsubscribe and ping');
    }
    throw new MessageError('MESSAGE_INVALID', id, `${issue?.path.join('.') || 'message'}: ${issue?.message}`);
  }
  if ('channel' in result.data && result.data.channel !== 'stats') {
    throw new MessageError('CHANNEL_UNKNOWN', id, 'the channel served is stats');
  }
  return result.data;
}

function parseObject(text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new MessageError('NOT_JSON', undefined, 'a message is a JSON object');
  }
  return parsed as Record<string, unknown>;
}
