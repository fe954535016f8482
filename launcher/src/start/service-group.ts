import { once } from 'node:events';
import { CodedError } from '@tidemark/runtime';
import type { PortPicker, ProcessRegistry } from '@tidemark/stack';
import type { RotatingFileStream } from 'rotating-file-stream';
import { lastErrorLine, openServiceLog } from './service-log.ts';
import type { ServiceSpec } from './services.ts';
import { SupervisedService } from './supervised-service.ts';

export interface ServiceGroupOptions {
  logsDir: string;
  registry: ProcessRegistry;
  ports: PortPicker;
  print: (line: string) => void;
}

/** All services, in the order of their start. */
export class ServiceGroup {
  /** Told when the list of processes is another. */
  onChange: () => void = () => undefined;
  readonly #options: ServiceGroupOptions;
  readonly #services: SupervisedService[] = [];
  readonly #logs: RotatingFileStream[] = [];
  readonly #waiting = new Set<string>();

  constructor(options: ServiceGroupOptions) {
    this.#options = options;
  }

  start(specs: ServiceSpec[]): void {
    const { logsDir, registry, ports, print } = this.#options;
    for (const spec of specs) {
      const log = openServiceLog(logsDir, spec.name);
      log.on('error', (error) => print(`the log of ${spec.name} cannot be written: ${error.message}`));
      this.#logs.push(log);
      this.#waiting.add(spec.name);
      const lastError = () => lastErrorLine(logsDir, spec.name);
      const onChange = () => this.onChange();
      this.#services.push(new SupervisedService({ spec, log, registry, ports, print, lastError, onChange }));
    }
  }

  /** Resolves once each is ready. @throws CodedError SERVICE_FAILED when one ended for good before. */
  async ready(): Promise<void> {
    await Promise.all(
      this.#services.map(async ({ name, ready }) => {
        if (!(await ready)) {
          const reason = await lastErrorLine(this.#options.logsDir, name);
          throw new CodedError('SERVICE_FAILED', `${name} cannot run${reason && `: ${reason}`}`);
        }
        this.#waiting.delete(name);
      }),
    );
  }

  /** The names of those that are not ready yet. */
  waiting(): string[] {
    return [...this.#waiting];
  }

  processes(): { name: string; pid: number; admin: string }[] {
    return this.#services.flatMap(({ process }) => process ?? []);
  }

  /** Stops them in the reverse order of their start. */
  async stop(): Promise<void> {
    this.onChange = () => undefined;
    for (const service of this.#services.toReversed()) {
      await service.stop();
      this.#options.print(`${service.name} has stopped`);
    }
    await Promise.all(
      this.#logs.map((log) => {
        log.end();
        return once(log, 'finish');
      }),
    );
  }
}
