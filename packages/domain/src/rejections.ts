/** Every reason for which a record of `swaps` is refused, in the order in which the checks are made. */
export const REJECTIONS = {
  BATCH_UNREADABLE: 'The batch of the record cannot be decompressed or decoded, or is too long when it is.',
  RECORD_TOO_LARGE: 'The value is longer than MAX_RECORD_BYTES.',
  NOT_UTF8: 'The value is not valid UTF-8.',
  NOT_JSON: 'The value is missing or is not JSON.',
  SCHEMA: 'The JSON is not a swap; the reason names the path of the first field that is wrong.',
  PARTITION_MISMATCH: 'The key is not the token, or the record lies in another partition than murmur2(token) mod P.',
  ADDRESS_NOT_NORMALISED: 'An 0x address in token, trader or pool is not in lower case.',
  FUTURE: 'The timestamp is more than 60 s past the append time of the record.',
  LATE: 'The timestamp is older than the lateness of its token, or than the longest window and the lateness of its partition.',
  ID_REUSED: 'The id is known with another timestamp.',
} as const;

export type RejectionCode = keyof typeof REJECTIONS;

export interface Rejection {
  readonly code: RejectionCode;
  readonly reason: string;
}

/** The engine was given more distinct tokens than it may hold; the partition has to stop. */
export class TooManyTokensError extends Error {
  readonly code = 'TOO_MANY_TOKENS';

  constructor(maxTokens: number) {
    super(
      `the partition has more than ${maxTokens} tokens in memory; raise MAX_TOKENS (and the memory of the process), or spread the tokens over more partitions`,
    );
    this.name = 'TooManyTokensError';
  }
}
