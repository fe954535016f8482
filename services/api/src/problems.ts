interface ProblemKind {
  status: number;
  title: string;
  /** When the same request may succeed, in seconds; sent as Retry-After. */
  retryAfterSeconds?: number;
}

/** Every code that an answer of the API can carry; the table in the README is tested against it. */
export const problems = {
  QUERY_UNKNOWN_KEY: { status: 400, title: 'The query has a key that this path does not know.' },
  QUERY_INVALID: { status: 400, title: 'A value in the query is malformed or out of bounds.' },
  TOKEN_INVALID: { status: 400, title: 'No token can have this name.' },
  TOKENS_TOO_MANY: { status: 400, title: 'More tokens than one request may name.' },
  WINDOW_UNKNOWN: { status: 400, title: 'No statistics are kept for this window.' },
  CURSOR_INVALID: { status: 400, title: 'The cursor is not one of this query.' },
  REQUEST_INVALID: { status: 400, title: 'The request is not acceptable.' },
  TOKEN_UNKNOWN: { status: 404, title: 'No swap of this token was ever counted.' },
  NOT_FOUND: { status: 404, title: 'Nothing is served at this path by this method.' },
  INTERNAL: { status: 500, title: 'The server failed; the log has the cause under the request id.' },
  NOT_READY: { status: 503, title: 'The server is starting.', retryAfterSeconds: 1 },
  REDIS_UNAVAILABLE: { status: 503, title: 'The statistics cannot be read at the moment.', retryAfterSeconds: 1 },
  POSTGRES_UNAVAILABLE: {
    status: 503,
    title: 'The list of tokens cannot be read at the moment.',
    retryAfterSeconds: 1,
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problems;

/** An answer other than success, as RFC 9457 has it. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;

  /** @param detail What is wrong with this request in particular, and what to do. */
  constructor(code: ProblemCode, detail: string, { status, cause }: { status?: number; cause?: unknown } = {}) {
    super(detail, { cause });
    this.name = 'Problem';
    this.code = code;
    this.status = status ?? problems[code].status;
  }

  get retryAfterSeconds(): number | undefined {
    return (problems[this.code] as ProblemKind).retryAfterSeconds;
  }

  toBody(requestId: string) {
    return {
      type: `urn:tidemark:problem:${this.code.toLowerCase().replaceAll('_', '-')}`,
      title: problems[this.code].title,
      status: this.status,
      detail: this.message,
      code: this.code,
      requestId,
    };
  }
}
