import { exitCodeOf } from '@tidemark/runtime';
import { describeError, print, printError } from '../output.ts';
import { apiUrl, tokensToTry } from './connection.ts';

const help = `npm run http -- <token>...    the statistics of tokens, as the API answers

Reads where the API is from <TIDEMARK_DIR>/stack.json; API_URL names another.`;

const answerTimeoutMs = 10_000;

try {
  const tokens = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
  if (tokens.length === 0) {
    print(help);
    print(`\n${(await tokensToTry()).join('\n')}`);
  }
  for (const token of tokens) await show(token);
} catch (error) {
  printError(describeError(error));
  process.exitCode = exitCodeOf(error);
}

async function show(token: string): Promise<void> {
  const url = `${apiUrl()}/v1/tokens/${encodeURIComponent(token)}/stats`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(answerTimeoutMs) });
  // Standard error, so that the answer can be piped on.
  printError(`GET ${url} -> ${answer.status}`);
  print(pretty(await answer.text()));
  if (!answer.ok) process.exitCode = 1;
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
