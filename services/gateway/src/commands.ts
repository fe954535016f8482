import { normaliseToken, type Version } from '@tidemark/wire';
import type { MessageErrorCode } from './error-codes.ts';
import type { Hub } from './hub/hub.ts';
import { Lane } from './hub/lane.ts';
import type { Session } from './hub/session.ts';
import { selectWindows } from './hub/token-state.ts';
import { type ClientMessage, MessageError, type SubscribeMessage, type UnsubscribeMessage } from './protocol.ts';

const everything = '*';

interface RefusedToken {
  token: string;
  code: MessageErrorCode;
}

export interface CommandContext {
  hub: Hub;
  session: Session;
  maxSubscriptions: number;
}

/** Acts on a message: the answer goes out first, then what it brings about. @throws MessageError */
export function execute(message: ClientMessage, context: CommandContext): void {
  if (message.op === 'ping') reply(context, { type: 'pong', id: message.id });
  else if (message.op === 'subscribe') subscribe(message, context);
  else unsubscribe(message, context);
}

export function reply({ session }: Pick<CommandContext, 'session'>, answer: object): void {
  session.delivery.reply(Buffer.from(JSON.stringify(answer)));
}

function subscribe(message: SubscribeMessage, context: CommandContext): void {
  const { hub, session } = context;
  requireWindows(message, hub);
  const { taken, refused } = chooseTokens(message.tokens, context);
  const since = hub.resumable(marksOf(message.since));
  const { id, op, channel, windows, minIntervalMs, batch } = message;
  reply(context, {
    type: 'ack',
    id,
    op,
    channel,
    tokens: taken,
    refused,
    windows: windows ?? hub.windows,
    minIntervalMs,
    batch,
    resumed: [...since.keys()],
  });
  const lane = new Lane({ selection: selectWindows(windows), minIntervalMs, batch, since });
  for (const token of taken) {
    if (token === everything) hub.subscribeEverything(session, lane);
    else hub.subscribe(session, token, lane);
  }
  session.delivery.flush();
}

function unsubscribe({ id, op, channel, tokens }: UnsubscribeMessage, context: CommandContext): void {
  const { hub, session } = context;
  const held = [...session.tokens, ...(session.followsEverything ? [everything] : [])];
  const asked = tokens === undefined ? held : [...new Set(tokens.map((token) => normaliseToken(token) ?? token))];
  const taken = asked.filter((token) => held.includes(token));
  for (const token of taken) {
    if (token === everything) hub.unsubscribeEverything(session);
    else hub.unsubscribe(session, token);
  }
  const refused = asked
    .filter((token) => !taken.includes(token))
    .map((token): RefusedToken => ({ token, code: 'NOT_SUBSCRIBED' }));
  reply(context, { type: 'ack', id, op, channel, tokens: taken, refused });
}

/** Which tokens of a list can be had; one that cannot does not spoil the others. */
function chooseTokens(asked: readonly string[], { session, maxSubscriptions }: CommandContext) {
  const taken = new Set<string>();
  const refused: RefusedToken[] = [];
  let room = maxSubscriptions - session.subscriptions;
  for (const text of asked) {
    const token = text === everything ? text : normaliseToken(text);
    if (token === null) {
      refused.push({ token: text, code: 'TOKEN_INVALID' });
      continue;
    }
    if (taken.has(token)) continue;
    const held = token === everything ? session.followsEverything : session.names(token);
    if (!held && room === 0) {
      refused.push({ token: text, code: 'SUBSCRIPTIONS_LIMIT' });
      continue;
    }
    if (!held) room -= 1;
    taken.add(token);
  }
  return { taken: [...taken], refused };
}

function requireWindows({ id, windows }: SubscribeMessage, hub: Hub): void {
  const known = hub.windows;
  const unknown = known === null ? undefined : windows?.find((window) => !known.includes(window));
  if (unknown !== undefined) {
    throw new MessageError('WINDOW_UNKNOWN', id, `${JSON.stringify(unknown)} is none of ${known?.join(', ')}`);
  }
}

function marksOf(since: SubscribeMessage['since']): Map<number, Version> {
  return new Map(Object.entries(since ?? {}).map(([partition, version]) => [Number(partition), version]));
}
