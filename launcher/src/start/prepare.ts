import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CodedError } from '@tidemark/runtime';
import { repository } from '../repository.ts';

const run = promisify(execFile);

const commandTimeoutMs = 120_000;
const outputLimitBytes = 10 * 1_048_576;

/** What must be there before a service starts; both commands leave alone what is there already. */
const commands = [['topics', 'create'], ['migrate']];

/** Creates the topics and the tables. @throws CodedError SERVICE_FAILED with what the command said. */
export async function prepare(env: Record<string, string>): Promise<void> {
  await Promise.all(commands.map((args) => runTidemark(args, env)));
}

async function runTidemark(args: string[], env: Record<string, string>): Promise<void> {
  try {
    await run(process.execPath, [join(repository, 'cli', 'src', 'main.ts'), ...args], {
      cwd: repository,
      env: { ...process.env, ...env },
      timeout: commandTimeoutMs,
      maxBuffer: outputLimitBytes,
    });
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string };
    const said = `${stdout}${stderr}`.trim();
    throw new CodedError('SERVICE_FAILED', `tidemark ${args.join(' ')} failed:\n${said || message}`);
  }
}
