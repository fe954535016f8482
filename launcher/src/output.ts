/** A line for the person at the terminal; services log, the launcher talks. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printError(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The one line of an error that a person can act on: `CODE: message`; anything else is a defect and keeps its stack. */
export function describeError(error: unknown): string {
  const { code, message, stack } = error as { code?: string; message?: string; stack?: string };
  return error instanceof Error && error.name === 'CodedError' ? `${code}: ${message}` : (stack ?? String(error));
}
