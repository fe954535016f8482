import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const maxOutputBytes = 16 * 1_048_576;

/** Kubectl for one context, and for one namespace of it. */
export class Kubectl {
  readonly context: string;
  readonly namespace: string;

  constructor(context: string, namespace: string) {
    this.context = context;
    this.namespace = namespace;
  }

  /** Runs a command in the namespace; resolves to its standard output. Rejects with what it said. */
  async run(...args: string[]): Promise<string> {
    try {
      return (await run('kubectl', this.#args(args), { maxBuffer: maxOutputBytes })).stdout.trim();
    } catch (error) {
      const { stderr = '', message } = error as Error & { stderr?: string };
      const said = stderr.trim().split('\n').slice(-15).join('\n');
      throw new Error(`kubectl ${args.join(' ')}: ${said || message}`, { cause: error });
    }
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.run(...args, '--output', 'json')) as T;
  }

  /** A command that runs on. */
  spawn(...args: string[]): ChildProcess {
    return spawn('kubectl', this.#args(args), { stdio: 'ignore' });
  }

  #args(args: string[]): string[] {
    return ['--context', this.context, '--namespace', this.namespace, ...args];
  }
}

/** Why no cluster can be reached by this context; undefined where one can. */
export async function missingCluster(context: string): Promise<string | undefined> {
  try {
    await run('kubectl', ['--context', context, '--request-timeout', '10s', 'get', '--raw', '/readyz']);
    return undefined;
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    return code === 'ENOENT' ? 'there is no kubectl command' : (stderr?.trim() || message).split('\n').at(-1);
  }
}

/** The contexts that KUBECONFIG knows. */
export async function knownContexts(): Promise<string[]> {
  try {
    const { stdout } = await run('kubectl', ['config', 'get-contexts', '--output', 'name']);
    return stdout.split('\n').filter((line) => line !== '');
  } catch {
    return [];
  }
}
