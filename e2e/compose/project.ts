import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const repository = join(import.meta.dirname, '..', '..');
const maxOutputBytes = 16 * 1_048_576;

export interface Ports {
  api: number;
  gateway: number;
  kafka: number;
  redis: number;
}

export interface Container {
  service: string;
  name: string;
}

/** Why no container can be run here; undefined where one can. */
export async function missingEngine(): Promise<string | undefined> {
  try {
    await run('docker', ['info']);
    await run('docker', ['compose', 'version']);
    return undefined;
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    return code === 'ENOENT' ? 'there is no docker command' : (stderr?.trim() || message).split('\n').at(-1);
  }
}

/** docker-compose.yml under a project name and on ports of its own, whatever .env there is. */
export class Project {
  readonly name: string;
  readonly ports: Ports;
  readonly #env: NodeJS.ProcessEnv;
  readonly #files: string[];

  /** `overrides` are compose files on top of docker-compose.yml. */
  constructor(name: string, ports: Ports, settings: Record<string, string>, overrides: string[]) {
    this.name = name;
    this.#files = ['docker-compose.yml', ...overrides].flatMap((file) => ['--file', file]);
    this.ports = ports;
    this.#env = {
      // Only what docker itself needs and the names of images, so that no other variable of this shell is taken for a setting.
      ...Object.fromEntries(
        Object.entries(process.env).filter(([key]) =>
          /^(PATH|HOME|DOCKER_.*|XDG_.*|.*_proxy|.*_PROXY|[A-Z]+_IMAGE)$/.test(key),
        ),
      ),
      COMPOSE_PROGRESS: 'plain',
      API_PORT: String(ports.api),
      GATEWAY_PORT: String(ports.gateway),
      KAFKA_PORT: String(ports.kafka),
      REDIS_PORT: String(ports.redis),
      ...settings,
    };
  }

  /** Runs a command of compose; resolves to its standard output. Rejects with what it said. */
  async compose(...args: string[]): Promise<string> {
    return this.docker('compose', '--env-file', '/dev/null', '--project-name', this.name, ...this.#files, ...args);
  }

  async docker(...args: string[]): Promise<string> {
    try {
      const options = { cwd: repository, env: this.#env, maxBuffer: maxOutputBytes };
      return (await run('docker', args, options)).stdout.trim();
    } catch (error) {
      const { stderr = '', message } = error as Error & { stderr?: string };
      const said = stderr.trim().split('\n').slice(-15).join('\n');
      throw new Error(`docker ${args.join(' ')}: ${said || message}`, { cause: error });
    }
  }

  async containers(...services: string[]): Promise<Container[]> {
    const lines = await this.compose('ps', '--all', '--format', '{{.Service}} {{.Name}}', ...services);
    return lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [service, name] = line.split(' ') as [string, string];
        return { service, name };
      });
  }

  async inspect(container: string, format: string): Promise<string> {
    return this.docker('inspect', '--format', format, container);
  }
}
