/** A line on standard error, so that what the command itself prints stays clean. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}
