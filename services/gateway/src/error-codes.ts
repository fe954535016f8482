/** Codes of `error` frames and of refusals inside an `ack`; the table in the README is tested against it. */
export const messageErrors = {
  NOT_JSON: 'The message is not a JSON object.',
  MESSAGE_INVALID: 'The message lacks a field, has an unknown one, or a value out of bounds.',
  OP_UNKNOWN: 'The op is none of subscribe, unsubscribe and ping.',
  CHANNEL_UNKNOWN: 'The channel is not served.',
  WINDOW_UNKNOWN: 'No statistics are kept for the window.',
  TOKEN_INVALID: 'No token can have this name.',
  SUBSCRIPTIONS_LIMIT: 'The client has MAX_SUBSCRIPTIONS tokens already.',
  NOT_SUBSCRIBED: 'The token was not subscribed.',
  RATE_LIMITED: 'More than MAX_MESSAGES_PER_SECOND; the message was dropped.',
} as const satisfies Record<string, string>;

export type MessageErrorCode = keyof typeof messageErrors;

interface Refusal {
  status: number;
  meaning: string;
}

/** Codes of refused handshakes: HTTP answers whose JSON body is `{code, message}`. */
export const upgradeErrors = {
  NOT_FOUND: { status: 404, meaning: 'The stream is at /v1/stream.' },
  UPGRADE_REQUIRED: { status: 426, meaning: 'The path takes WebSocket handshakes only.' },
  CONNECTIONS_PER_ADDRESS_LIMIT: { status: 429, meaning: 'The address has MAX_CONNECTIONS_PER_ADDRESS connections.' },
  CONNECTIONS_LIMIT: { status: 503, meaning: 'The gateway has MAX_CONNECTIONS connections.' },
  NOT_READY: { status: 503, meaning: 'The gateway is starting or stopping.' },
} as const satisfies Record<string, Refusal>;

export type UpgradeErrorCode = keyof typeof upgradeErrors;
