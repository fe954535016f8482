import { endOnSignals } from './early-signals.ts';
import type { Service, ServiceSchema } from './service.ts';

/**
 * Runs a service as a process, see `runService`. `load` imports it: to load all modules takes half a second, and signals are heeded
 * from before that.
 */
export async function runProcess<S extends ServiceSchema>(load: () => Promise<{ service: Service<S> }>): Promise<void> {
  endOnSignals();
  const [{ runService }, { service }] = await Promise.all([import('./service.ts'), load()]);
  await runService(service);
}
