import type { CloseCode } from '../close-codes.ts';

/** The far end of a connection, as the hub sees it. */
export interface Peer {
  /** Accepted by `send` and not yet handed to the operating system. */
  readonly bufferedBytes: number;
  /** `onFlushed` is called once this frame, and with it all before it, has been handed over. */
  send(frame: Buffer, onFlushed?: () => void): void;
  close(code: CloseCode, reason: string): void;
}
