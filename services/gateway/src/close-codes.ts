interface CloseKind {
  meaning: string;
  /** What the client does next. */
  reconnect: 'no' | 'at once' | 'after a pause';
}

/** Why a connection is closed by the gateway; the table in the README is tested against it. */
export const closeCodes = {
  1002: { meaning: 'A frame broke the WebSocket protocol.', reconnect: 'no' },
  1003: { meaning: 'A binary frame: messages are JSON text.', reconnect: 'no' },
  1006: {
    meaning: 'Pings were not answered; the connection was dropped without a closing frame.',
    reconnect: 'at once',
  },
  1007: { meaning: 'A text frame was not UTF-8.', reconnect: 'no' },
  1008: { meaning: 'Messages kept coming faster than MAX_MESSAGES_PER_SECOND.', reconnect: 'after a pause' },
  1009: { meaning: 'A message was longer than MAX_MESSAGE_BYTES.', reconnect: 'no' },
  1011: { meaning: 'The gateway failed.', reconnect: 'after a pause' },
  1012: { meaning: 'The gateway stops or restarts; another one goes on from `since`.', reconnect: 'at once' },
  1013: { meaning: 'The client read too slowly.', reconnect: 'after a pause' },
} as const satisfies Record<number, CloseKind>;

export type CloseCode = keyof typeof closeCodes;
