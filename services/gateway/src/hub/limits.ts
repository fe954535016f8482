/** What one client may cost; see the settings of the same names. */
export interface Limits {
  maxBufferedBytes: number;
  maxPendingTokens: number;
  slowClientGraceMs: number;
  maxForgottenTokens: number;
}
