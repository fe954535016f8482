import type { Socket } from 'node:net';

const answerTimeoutMs = 2_000;
const answerLimitBytes = 65_536;

/** Sends a request and resolves once what came back satisfies `isAnswer`; rejects on an error, an end or a silence. */
export function exchange(
  socket: Socket,
  request: Buffer | string,
  isAnswer: (received: Buffer) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const finish = (error?: Error) => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.setTimeout(answerTimeoutMs, () => finish(new Error('no answer')));
    socket.on('error', finish);
    socket.on('close', () => finish(new Error(`unexpected answer: ${received.toString('latin1').slice(0, 200)}`)));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (isAnswer(received)) finish();
      else if (received.length > answerLimitBytes) finish(new Error('the answer is too long'));
    });
    socket.write(request);
  });
}
