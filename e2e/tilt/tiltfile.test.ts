import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { pythonWith } from '../support/python.ts';
import { type Image, interpret, interpreterPackages, repository, stepsOf } from './tiltfile.ts';

const found = await pythonWith(...interpreterPackages);
const skip = 'missing' in found ? `not run, the Starlark interpreter cannot be had: ${found.missing}` : false;
const python = 'python' in found ? found.python : '';
const read = (path: string) => readFileSync(join(repository, path), 'utf8');
const services = globSync('services/*/src/main.ts', { cwd: repository }).map((path) => path.split('/')[1]!);
/** The names at the second level of docker-compose.yml's `services`. */
const composed = [
  ...read('docker-compose.yml')
    .split(/^volumes:$/m)[0]!
    .matchAll(/^ {2}([a-z-]+):$/gm),
]
  .map(([, name]) => name!)
  // Is for `docker compose run` alone.
  .filter((name) => name !== 'tidemark');
const hasKubectl = () => spawnSync('kubectl', ['version', '--client']).status === 0;
const sorted = (names: Iterable<string>) => [...names].toSorted();
const serviceOf = ({ ref }: Image) => ref.replace('tidemark-', '');

/** Folders of the workspace whose sources a service runs, by its imports and theirs. */
function importedBy(service: string): Set<string> {
  const folders = new Set([`services/${service}`]);
  for (const folder of folders) {
    for (const file of globSync(`${folder}/src/**/*.ts`, { cwd: repository })) {
      if (file.endsWith('.test.ts')) continue;
      for (const [, name] of read(file).matchAll(/^(?:import|export)[^;]*?from '@tidemark\/([a-z]+)/gm))
        folders.add(`packages/${name}`);
    }
  }
  return folders;
}

/** What a container of a service runs, with a service of its own that says what it does. */
function startLive(t: TestContext, script: string) {
  const home = mkdtempSync(join(tmpdir(), 'tidemark-live-'));
  const write = (text: string) => writeFileSync(join(home, 'service/src/main.ts'), text);
  mkdirSync(join(home, 'service/src'), { recursive: true });
  write(
    "process.on('SIGTERM', () => { console.log('stopped'); process.exit(0); }); console.log('started'); setInterval(() => {}, 1_000);",
  );
  const env = { ...process.env, TMPDIR: home, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` };
  const child = spawn('sh', ['-c', script], { cwd: home, env, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => {
    child.kill('SIGTERM');
    rmSync(home, { recursive: true });
  });
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const printed = async (count: number) => {
    while (lines.length < count) await once(output, 'line');
    return lines[count - 1];
  };
  return { child, env, write, printed };
}

describe('the Tiltfile, as an interpreter reads it', { skip }, () => {
  test('names every service that docker-compose.yml starts, and no other', async () => {
    const recording = await interpret(python);
    assert.deepEqual(sorted(recording.of('dc_resource').map(({ resource }) => resource)), sorted(composed));
    for (const { resource, labels } of recording.of('dc_resource')) assert.equal(labels.length, 1, resource);
    assert.deepEqual(recording.of('docker_compose')[0]!.profiles, ['tools']);
  });

  test('--tools=false leaves out what the profile has, and nothing else', async () => {
    const recording = await interpret(python, '--tools=false');
    const tools = ['adminer', 'kafka-ui'];
    const rest = composed.filter((name) => !tools.includes(name));
    assert.deepEqual(sorted(recording.of('dc_resource').map(({ resource }) => resource)), sorted(rest));
    assert.deepEqual(recording.of('docker_compose')[0]!.profiles, []);
  });

  test('builds an image for each service and the commands, under the tag that compose is told to run', async () => {
    const recording = await interpret(python);
    const refs = recording.of('docker_build').map(({ ref }) => ref);
    assert.deepEqual(sorted(refs), sorted([...services, 'cli'].map((name) => `tidemark-${name}`)));
    for (const ref of refs)
      assert.match(read('docker-compose.yml'), new RegExp(`image: ${ref}:\\$\\{TIDEMARK_VERSION`));
    assert.equal(recording.env['TIDEMARK_VERSION'], 'latest');
  });

  test('updates each service in place by the packages that its sources import, exactly', async () => {
    const live = (await interpret(python)).liveImages();
    assert.deepEqual(sorted(live.map(serviceOf)), sorted(services));
    for (const image of live) {
      const synced = stepsOf(image, 'sync').map(({ local }) => local);
      assert.deepEqual(sorted(synced), sorted(importedBy(serviceOf(image))), image.ref);
      for (const path of image.only) assert.ok(existsSync(join(repository, path)), path);
    }
  });

  test('syncs nothing to where the image has it not', async () => {
    // The image keeps the layout of the workspace below its working directory.
    assert.match(read('Dockerfile'), /^WORKDIR \/app\nARG OWNER|^WORKDIR \/app\n(?:#.*\n)+ARG OWNER/m);
    for (const image of (await interpret(python)).liveImages())
      for (const { local, remote } of stepsOf(image, 'sync')) {
        assert.equal(remote, `/app/${local}`);
        assert.ok(image.only.includes(local), `${local} is not in the image's context`);
      }
  });

  test('builds the image again after a change of what the installation follows from', async () => {
    for (const image of (await interpret(python)).liveImages()) {
      const folders = stepsOf(image, 'sync').map(({ local }) => local);
      const installation = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'patches'];
      const manifests = folders.map((folder) => `${folder}/package.json`);
      const stops = stepsOf(image, 'fall_back_on').flatMap(({ files }) => files);
      assert.deepEqual(sorted(stops), sorted([...installation, ...manifests]));
      for (const file of stops) assert.ok(existsSync(join(repository, file)), file);
    }
  });

  test('changes of the images no more than live update needs: what runs the service, and files that its user can replace', async () => {
    const recording = await interpret(python);
    const { services: overrides } = recording.of('docker_compose')[0]!.files[1];
    assert.deepEqual(sorted(Object.keys(overrides)), sorted(services));
    for (const image of recording.liveImages()) {
      assert.deepEqual(
        image.live_update.map(({ step }) => step),
        ['fall_back_on', ...stepsOf(image, 'sync').map(() => 'sync'), 'run'],
      );
      const { entrypoint, ...confinement } = overrides[serviceOf(image)]!;
      assert.deepEqual(confinement, { read_only: false });
      assert.deepEqual(entrypoint.slice(0, 2), ['sh', '-c']);
      const [command] = /^ENTRYPOINT \["(.+)"\]$/m.exec(read('Dockerfile'))!.slice(1);
      assert.ok(entrypoint[2]!.includes(command!.replaceAll('", "', ' ')), command);
      const [user] = /^USER (.+)$/m.exec(read('Dockerfile'))!.slice(1);
      assert.equal(image.build_args['OWNER'], user);
    }
  });

  test('starts a service again after an update and after an error, and ends with it on SIGTERM', async (t) => {
    const recording = await interpret(python);
    const { entrypoint } = recording.of('docker_compose')[0]!.files[1].services['api']!;
    const live = startLive(t, entrypoint[2]!.replaceAll('$$', '$'));
    assert.equal(await live.printed(1), 'started');
    live.write("console.log('failing'); process.exit(3);");
    const restart = stepsOf(recording.image('tidemark-api'), 'run')[0]!.cmd;
    execFileSync('sh', ['-c', restart], { env: live.env });
    assert.equal(await live.printed(2), 'stopped');
    assert.equal(await live.printed(3), 'failing');
    live.write("process.on('SIGTERM', () => process.exit(7)); console.log('mended'); setInterval(() => {}, 1_000);");
    assert.equal(await live.printed(4), 'mended');
    live.child.kill('SIGTERM');
    assert.deepEqual(await once(live.child, 'exit'), [7, null]);
  });

  test('runs nothing by itself but the services and a look at their health', async () => {
    const local = (await interpret(python)).of('local_resource');
    const buttons = local.filter(({ labels }) => labels.includes('buttons'));
    assert.deepEqual(sorted(buttons.map(({ resource }) => resource)), ['load', 'record', 'replay']);
    for (const { auto_init, trigger_mode } of buttons) assert.deepEqual([auto_init, trigger_mode], [false, 'manual']);
    const others = local.filter((one) => !buttons.includes(one));
    assert.deepEqual(
      others.map(({ resource, resource_deps }) => [resource, sorted(resource_deps!)]),
      [['healthy', sorted(services)]],
    );
  });

  test('--recording names the file that is recorded and replayed', async () => {
    const local = (await interpret(python, '--recording=day.jsonl')).of('local_resource');
    const button = (name: string) => local.find(({ resource }) => resource === name)!;
    assert.match(String(button('record').cmd), / > day\.jsonl$/);
    assert.ok(button('replay').serve_cmd!.includes(`${join(repository, 'day.jsonl')}:/recording/day.jsonl:ro`));
  });

  const noCluster = hasKubectl() ? false : 'not run: there is no kubectl';
  test('--k8s names every workload of the overlay, and allows no cluster but those named', {
    skip: noCluster,
  }, async () => {
    const recording = await interpret(python, '--k8s', '--context', 'kind-a', '--context', 'far-away');
    assert.deepEqual(recording.of('allow_k8s_contexts')[0]!.contexts, ['kind-a', 'far-away']);
    assert.deepEqual((await interpret(python, '--k8s')).of('allow_k8s_contexts')[0]!.contexts, []);
    assert.deepEqual(recording.of('docker_compose'), []);
    const workloads = recording
      .of('k8s_yaml')[0]!
      .objects.filter(({ kind }) => /^(Deployment|StatefulSet|Job)$/.test(kind));
    const named = recording.of('k8s_resource').map(({ resource }) => resource);
    assert.deepEqual(sorted(named), sorted(workloads.map(({ metadata }) => metadata.name)));
    for (const service of [...services, 'topics', 'migrations']) assert.ok(named.includes(service), service);
  });

  test('--k8s lets files of the services be replaced, by the user of their pods, and of nothing else', {
    skip: noCluster,
  }, async () => {
    const recording = await interpret(python, '--k8s');
    assert.deepEqual(sorted(recording.liveImages().map(serviceOf)), sorted(services));
    for (const { metadata, spec, kind } of recording.of('k8s_yaml')[0]!.objects) {
      if (!/^(Deployment|StatefulSet|Job)$/.test(kind)) continue;
      const { securityContext, containers } = spec.template.spec;
      if (!services.includes(metadata.name)) {
        if (containers[0]!.image.startsWith('tidemark-'))
          assert.ok(containers[0]!.securityContext.readOnlyRootFilesystem);
        continue;
      }
      const image = recording.image(`tidemark-${metadata.name}`);
      assert.equal(containers[0]!.securityContext.readOnlyRootFilesystem, false);
      assert.equal(image.build_args['OWNER'], `${securityContext.runAsUser}:${securityContext.runAsGroup}`);
      assert.match(image.entrypoint.at(-1)!, /^ {2}node service\/src\/main\.ts & /m);
    }
  });

  test('refuses an option that it does not know', async () => {
    await assert.rejects(interpret(python, '--colour=red'), /unknown flag: --colour/);
  });
});
