import { exitCodeOf } from '@tidemark/runtime';
import { describeError, print, printError } from '../output.ts';
import { gatewayUrl, tokensToTry } from './connection.ts';
import { frameLines } from './frame-line.ts';

const help = `npm run ws -- <token>... [--json]    live statistics of tokens; '*' takes all

  --json   each frame as it came

Reads where the gateway is from <TIDEMARK_DIR>/stack.json; GATEWAY_URL names another. Ctrl-C ends it.`;

const normalClosure = 1000;

try {
  const args = process.argv.slice(2);
  const tokens = args.filter((arg) => !arg.startsWith('-'));
  if (tokens.length === 0) {
    print(help);
    print(`\n${(await tokensToTry()).join('\n')}`);
  } else {
    follow(tokens, args.includes('--json'));
  }
} catch (error) {
  printError(describeError(error));
  process.exitCode = exitCodeOf(error);
}

/** Subscribes, and prints frames until the connection ends. */
function follow(tokens: string[], raw: boolean): void {
  const url = gatewayUrl();
  const socket = new WebSocket(url);
  socket.addEventListener('open', () => {
    printError(`connected to ${url}`);
    socket.send(JSON.stringify({ id: 1, op: 'subscribe', channel: 'stats', tokens }));
  });
  socket.addEventListener('message', ({ data }: { data: unknown }) => {
    const text = String(data);
    for (const line of raw ? [text] : frameLines(text)) print(line);
  });
  socket.addEventListener('error', () => printError(`the connection to ${url} failed`));
  socket.addEventListener('close', ({ code, reason }: { code: number; reason: string }) => {
    printError(`closed: ${code} ${reason}`);
    process.exit(code === normalClosure ? 0 : 1);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
  // `| head` closes the output when it has seen enough.
  process.stdout.on('error', () => process.exit(0));
}
