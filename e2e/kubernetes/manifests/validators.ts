import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isOfKeda, type Rendered } from './rendered.ts';
import { prepared, tool } from './tools.ts';

const kubernetesVersion = '1.36.0';
const kedaModels = '@kubernetes-models/keda@2.0.0';
const kubeScore = 'github.com/zegl/kube-score/cmd/kube-score@v1.20.0';
const compiler = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.bin', 'tsc');

/** What kube-score is not asked, because it is otherwise here. */
const notScored = [
  // Images of development are on the node alone; a released tag never changes.
  'container-image-pull-policy',
  // Topology spread does it, and leaves a node of its own choice where there is only one.
  'deployment-has-host-podantiaffinity',
];

/** By the schemas of Kubernetes, where a key that they do not know is an error. */
export async function validateByKubernetes({ objects }: Rendered): Promise<string> {
  const folder = await prepared(`kubernetes-validate-${kubernetesVersion}`, async (venv) => {
    await tool('python3', ['-m', 'venv', venv]);
    await tool(join(venv, 'bin', 'pip'), ['install', '--quiet', `kubernetes-validate==${kubernetesVersion}`]);
  });
  const own = objects.filter((object) => !isOfKeda(object));
  const args = ['-m', 'kubernetes_validate', '-k', kubernetesVersion, '--strict', '-'];
  // JSON is YAML.
  const stdin = own.map((object) => JSON.stringify(object)).join('\n---\n');
  const lines = (await tool(join(folder, 'bin', 'python'), args, { stdin, env: { PYTHONWARNINGS: 'ignore' } }))
    .split('\n')
    .filter((line) => line !== '');
  // It passes over what it has no schema for, with a warning.
  for (const line of lines) assert.match(line, /^INFO .* passed /);
  assert.equal(lines.length, own.length);
  return `${own.length} objects of Kubernetes ${kubernetesVersion}`;
}

/** By the types of KEDA: in a literal of TypeScript, a key or a value that they do not know is an error. */
export async function validateByKeda({ name, objects }: Rendered): Promise<string> {
  const keda = objects.filter(isOfKeda);
  if (keda.length === 0) return 'none of KEDA';
  const folder = await prepared(kedaModels.replaceAll('/', '-'), async (prefix) => {
    await tool('npm', [
      'install',
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--prefix',
      prefix,
      kedaModels,
    ]);
  });
  const literals = keda.map(
    (object) =>
      `(): import('@kubernetes-models/keda/keda.sh/v1alpha1').I${object.kind} => (${JSON.stringify(object, null, 2)})`,
  );
  const file = join(folder, `${name.replaceAll('/', '-')}.ts`);
  writeFileSync(file, `export const objects = [\n${literals.join(',\n')}\n];\n`);
  await tool(compiler, ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', file], { cwd: folder });
  return `${keda.length} objects of KEDA`;
}

/** By the rules of kube-score. */
export async function score({ text }: Rendered): Promise<string> {
  const folder = await prepared('kube-score-1.20.0', async (bin) => {
    await tool('go', ['install', kubeScore], { env: { GOBIN: bin } });
  });
  const version = `v${kubernetesVersion.split('.').slice(0, 2).join('.')}`;
  const args = [
    'score',
    '--kubernetes-version',
    version,
    '--output-format',
    'ci',
    '--ignore-test',
    notScored.join(','),
    '-',
  ];
  const lines = (await tool(join(folder, 'kube-score'), args, { stdin: text }))
    .split('\n')
    .filter((line) => line !== '');
  const warnings = lines.filter((line) => line.startsWith('[WARNING]'));
  assert.equal(lines.filter((line) => line.startsWith('[CRITICAL]')).length, 0);
  return `nothing critical, ${warnings.length} warnings`;
}
