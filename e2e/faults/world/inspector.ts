import { WebSocket } from 'ws';

/** Makes the wall clock of a process adjustable: `clockOffsetMs` of its globals is added to it. */
export const clockPreload = `data:text/javascript,${encodeURIComponent(
  'globalThis.clockOffsetMs = 0; const now = Date.now; Date.now = () => now() + globalThis.clockOffsetMs;',
)}`;

/** Runs an expression in a process that was started with `--inspect`, whose printed lines name the address. */
export async function evaluateIn(logs: readonly string[], expression: string): Promise<void> {
  const url = logs.map((line) => /Debugger listening on (ws:\S+)/.exec(line)?.[1]).find((found) => found !== undefined);
  if (url === undefined) throw new Error('the process has printed no address of its inspector');
  const socket = new WebSocket(url);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the process ended')));
    socket.once('open', () =>
      socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } })),
    );
    socket.once('message', (data: Buffer) => {
      const { error, result } = JSON.parse(data.toString()) as {
        error?: unknown;
        result?: { exceptionDetails?: unknown };
      };
      const failed = error ?? result?.exceptionDetails;
      if (failed) reject(new Error(`${expression}: ${JSON.stringify(failed)}`));
      else resolve();
    });
  });
  socket.terminate();
}
