import { hostname } from 'node:os';
import closeWithGrace from 'close-with-grace';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { z } from 'zod';
import { type AdminServer, startAdmin } from './admin.ts';
import { leaveSignalsToOthers } from './early-signals.ts';
import { exitCodeOf, exitCodes } from './errors.ts';
import { createLogger, type Logger } from './logger.ts';
import { Readiness, serviceStates } from './readiness.ts';
import { loadSettings, maskSettings, type serviceSettings } from './settings.ts';

export type ServiceSchema = z.ZodObject<typeof serviceSettings & Record<string, z.ZodType>>;

/** What a service is wired with. */
export interface ServiceContext<Settings> {
  settings: Settings;
  instance: string;
  log: Logger;
  metrics: Registry;
  readiness: Readiness;
  /** Aborted when the process is asked to stop, also while the service still starts. */
  signal: AbortSignal;
  /** Ends the process because of an error in the background; the exit code says whether a restart helps. */
  fail(error: unknown): void;
}

export interface App {
  /** Finishes or hands over the work under way. */
  close(): Promise<void>;
}

export interface Service<S extends ServiceSchema> {
  name: string;
  schema: S;
  createApp(context: ServiceContext<z.infer<S>>): Promise<App>;
}

/**
 * Runs a service as a process: settings, logs, admin port, signals, exit code. SIGINT, SIGTERM and SIGHUP stop it gracefully
 * within STOP_TIMEOUT; a second signal ends it at once.
 */
export async function runService<S extends ServiceSchema>({ name, schema, createApp }: Service<S>): Promise<void> {
  let settings: z.infer<S>;
  try {
    settings = loadSettings(schema, process.env);
  } catch (error) {
    createLogger({ service: name, instance: name, level: 'info' }).fatal({ error }, (error as Error).message);
    process.exitCode = exitCodeOf(error);
    return;
  }
  const base = settings as z.infer<z.ZodObject<typeof serviceSettings>>;
  // Replicas that are made from one template can tell themselves apart by their hosts alone.
  const instance = base.SERVICE_INSTANCE.replaceAll('{host}', hostname()) || name;
  const log = createLogger({ service: name, instance, level: base.LOG_LEVEL });
  log.info({ settings: maskSettings(schema, settings) }, 'settings');

  const stopping = new AbortController();
  let failure: { error: unknown } | undefined;
  const running: { app?: App; admin?: AdminServer; start?: Promise<unknown> } = {};
  // Left to itself, close-with-grace says nothing and exits with 1; the supervisor needs to be told more.
  const endNow = (message: string, error?: unknown) => {
    log.error({ error }, message);
    process.exit(failure ? exitCodeOf(failure.error) : exitCodes.software);
  };
  const grace = closeWithGrace(
    {
      delay: base.STOP_TIMEOUT,
      logger: false,
      onTimeout: (delayMs) => endNow(`the stop took longer than STOP_TIMEOUT, ${delayMs} ms`),
      onSecondSignal: (signal) => endNow(`ended at once by a second signal, ${signal}`),
      onSecondError: (error) => endNow(`while stopping: ${String(error)}`, error),
    },
    async ({ signal, err }) => {
      if (err && !failure) {
        failure = { error: err };
        log.fatal({ error: err }, err.message);
      }
      log.info({ signal }, signal ? `stopping on ${signal}` : 'stopping');
      stopping.abort(new Error('the service stops'));
      try {
        await running.start?.catch(() => undefined);
        await running.app?.close();
        await running.admin?.close();
      } catch (error) {
        endNow(`the stop failed: ${(error as Error).message}`, error);
      }
      log.info('stopped');
      if (failure) process.exit(exitCodeOf(failure.error));
    },
  );
  leaveSignalsToOthers();
  const readiness = new Readiness('start');
  const fail = (error: unknown) => {
    if (failure || stopping.signal.aborted) return;
    failure = { error };
    readiness.stuck();
    log.fatal(
      { error, code: (error as { code?: string }).code },
      error instanceof Error ? error.message : String(error),
    );
    grace.close();
  };

  const metrics = new Registry();
  metrics.setDefaultLabels({ service: name, instance });
  collectDefaultMetrics({ register: metrics });
  measureState(metrics, readiness);
  running.start = (async () => {
    running.admin = await startAdmin({ host: base.HOST, port: base.ADMIN_PORT, metrics, readiness });
    log.info({ admin: running.admin.url }, 'admin port listens');
    running.app = await createApp({ settings, instance, log, metrics, readiness, signal: stopping.signal, fail });
    readiness.done('start');
    log.info('started');
  })();
  await running.start.catch((error: unknown) => {
    if (!stopping.signal.aborted) fail(error);
  });
}

function measureState(registry: Registry, readiness: Readiness): Gauge {
  return new Gauge({
    name: 'tidemark_state',
    help: 'What the service does: 1 for the state that holds, 0 for the others.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const state of serviceStates) this.set({ state }, state === readiness.state ? 1 : 0);
    },
  });
}
