/** Results, on standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const startedMs = performance.now();

/** Progress, on standard error, with the seconds since the start. */
export function say(line: string): void {
  process.stderr.write(`${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(7)} s  ${line}\n`);
}
