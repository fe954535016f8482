import { catalogue, type ErrorCode } from './catalogue.ts';

/** What a supervisor should make of the end of the process. The numbers are those of BSD's sysexits. */
export const exitCodes = {
  clean: 0,
  /** A defect: start again, with backoff. */
  software: 70,
  /** Something this process depends on is away: start again. */
  temporary: 75,
  /** Settings or stored state need a person: starting again does not help. */
  configuration: 78,
} as const;

/** An error that an operator may meet: its code stands in the catalogue, which says what it means and what to do. */
export class CodedError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CodedError';
    this.code = code;
  }

  get retryable(): boolean {
    return catalogue[this.code].exit === 'temporary';
  }
}

/** The exit code for an error that ends the process. */
export function exitCodeOf(error: unknown): number {
  return error instanceof CodedError ? exitCodes[catalogue[error.code].exit] : exitCodes.software;
}

export function isCoded(error: unknown, ...codes: ErrorCode[]): error is CodedError {
  return error instanceof CodedError && (codes.length === 0 || codes.includes(error.code));
}
