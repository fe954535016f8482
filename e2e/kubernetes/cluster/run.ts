import { freePorts } from '../../support/free-ports.ts';
import { RunTable } from '../../support/table.ts';
import { Installation } from './installation.ts';
import { runSteps } from './steps.ts';

export interface ClusterRunOptions {
  context: string;
  /** Leaves the namespace there. */
  keep: boolean;
  print(line: string): void;
}

/** Runs the development overlay on a cluster, and prints a table. True when every step passed. */
export async function runOnCluster({ context, keep, print }: ClusterRunOptions): Promise<boolean> {
  const installation = new Installation(context, await freePorts('api', 'gateway', 'kafka', 'redis'));
  const { kubectl } = installation;
  const table = new RunTable(print);
  print(`context ${context}, namespace ${kubectl.namespace}`);
  try {
    await runSteps(installation, table.step);
  } catch (error) {
    print(`\n${(error as Error).stack ?? String(error)}`);
    const said = async (...args: string[]) => print(`\n${await kubectl.run(...args).catch(String)}`);
    await said('get', 'pods', '--output', 'wide');
    await said('logs', '--selector', 'app.kubernetes.io/part-of=tidemark', '--tail', '10', '--prefix');
  } finally {
    if (!keep) await installation.remove();
  }
  print(`\n${String(table)}`);
  return table.passed;
}
