import { parseArgs } from 'node:util';
import { exitCodes } from '@tidemark/runtime';
import { knownContexts, missingCluster } from './cluster/kubectl.ts';
import { runOnCluster } from './cluster/run.ts';
import { checkManifests, type Verdict } from './manifests/run.ts';

const help = `npm run test:k8s [-- --cluster --context NAME [--keep]]

Renders the folders of k8s/ and checks them: strictly by the schemas of Kubernetes and of KEDA, by kube-score, and against the
settings. It takes kubectl or kustomize, python3, npm and go; validators are fetched once. What lacks a tool is not run, and said so.

  --cluster        apply the development overlay to a cluster instead, in a namespace of its own that is removed at the end: scale
                   the aggregator to 4 and 2 and roll every service while swaps flow, and compare figures with an oracle that reads
                   the log. The nodes have, or can pull, the images: tidemark-<service>:dev, tidemark-cli:dev and those of the servers
  --context NAME   the cluster, as KUBECONFIG names it; never taken from what is current
  --keep           leave the namespace there`;

const print = (line: string) => void process.stdout.write(`${line}\n`);
const exitCodeOf: Record<Verdict, number> = { passed: 0, failed: 1, 'not run': exitCodes.configuration };

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    cluster: { type: 'boolean' },
    context: { type: 'string' },
    keep: { type: 'boolean' },
  },
});
if (values.help) print(help);
else if (values.cluster) process.exitCode = exitCodeOf[await onCluster(values.context, values.keep ?? false)];
else process.exitCode = exitCodeOf[await manifests()];

async function manifests(): Promise<Verdict> {
  const verdict = await checkManifests(print);
  if (verdict === 'not run') print('\nNOT RUN in part: nothing is said of what lacked a tool');
  return verdict;
}

async function onCluster(context: string | undefined, keep: boolean): Promise<Verdict> {
  if (context === undefined) {
    print(`NOT RUN: name the cluster by --context; known are ${(await knownContexts()).join(', ') || 'none'}`);
    return 'not run';
  }
  const missing = await missingCluster(context);
  if (missing !== undefined) {
    print(`NOT RUN: this needs a cluster that kubectl reaches as ${context}: ${missing}`);
    return 'not run';
  }
  return (await runOnCluster({ context, keep, print })) ? 'passed' : 'failed';
}
