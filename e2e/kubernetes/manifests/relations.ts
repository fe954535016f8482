import assert from 'node:assert/strict';
import { serviceSettings } from '@tidemark/runtime';
import { defaultOf, schemas, services } from '../../settings/schemas.ts';
import type { KubernetesObject, PodSpec, Rendered } from './rendered.ts';

const ports: Record<string, string> = { API_PORT: 'http', GATEWAY_PORT: 'stream', ADMIN_PORT: 'admin' };

interface Workload {
  name: string;
  replicas: number | undefined;
  pod: PodSpec;
  /** What its ConfigMaps and its own variables say. */
  environment: Record<string, string>;
}

/** What must hold between the manifests and the settings, which no schema knows. */
export async function checkRelations({ objects }: Rendered): Promise<string> {
  const workloads = objects.flatMap((object) => workloadOf(object, objects) ?? []);
  for (const workload of workloads) {
    checkPod(workload);
    if (!(workload.name in schemas)) continue;
    checkSettings(workload);
    checkGrace(workload);
    checkPorts(workload);
  }
  const scaled = objects.filter(({ kind }) => kind === 'ScaledObject');
  for (const object of scaled) checkScaled(object, workloads);
  return `${workloads.length} workloads, ${scaled.length} scaled by KEDA`;
}

function workloadOf({ metadata: { name }, spec }: KubernetesObject, objects: KubernetesObject[]): Workload | undefined {
  if (spec?.template === undefined) return undefined;
  const pod = spec.template.spec;
  const environment: Record<string, string> = {};
  for (const { configMapRef } of pod.containers[0].envFrom ?? []) {
    const map = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef.name);
    assert.ok(map, `${name}: there is no ConfigMap ${configMapRef.name}`);
    Object.assign(environment, map.data);
  }
  for (const variable of pod.containers[0].env ?? []) environment[variable.name] = variable.value;
  return { name, replicas: spec.replicas, pod, environment };
}

function checkPod({ name, pod }: Workload): void {
  // A Service would be a variable such as API_PORT or KAFKA_PORT, which mean something else.
  assert.equal(pod.enableServiceLinks, false, `${name}: enableServiceLinks`);
  assert.equal(pod.automountServiceAccountToken, false, `${name}: automountServiceAccountToken`);
  for (const { imagePullPolicy } of pod.containers) assert.equal(imagePullPolicy, 'IfNotPresent', name);
}

/** Variables that nobody reads are misspelt. */
function checkSettings({ name, environment }: Workload): void {
  const known = new Set(Object.values(services).flatMap(Object.keys));
  for (const variable of Object.keys(environment)) {
    const setting = known.has(variable) ? variable : variable.replace(/_FILE$/, '');
    assert.ok(known.has(setting), `${name}: ${variable} is no setting`);
  }
}

/** A process must have ended by itself before it is killed. */
function checkGrace({ name, pod, environment }: Workload): void {
  const stopMs = serviceSettings.STOP_TIMEOUT.parse(environment['STOP_TIMEOUT']);
  const pauseSeconds = pod.containers[0].lifecycle?.preStop.sleep.seconds ?? 0;
  assert.ok(
    ((pod.terminationGracePeriodSeconds ?? 0) - pauseSeconds) * 1_000 > stopMs,
    `${name}: terminationGracePeriodSeconds - preStop must be more than STOP_TIMEOUT`,
  );
}

/** The manifests name ports, which are settings that they leave at their defaults. */
function checkPorts({ name, pod }: Workload): void {
  const shape = services[name]!;
  const expected = Object.entries(ports)
    .filter(([setting]) => setting in shape)
    .map(([setting, port]) => `${port} ${defaultOf(shape[setting]!)}`);
  const actual = (pod.containers[0].ports ?? []).map((port) => `${port.name} ${port.containerPort}`);
  assert.deepEqual(actual.toSorted(), expected.toSorted(), `${name}: ports`);
}

function checkScaled({ metadata, spec = {} }: KubernetesObject, workloads: Workload[]): void {
  const target = workloads.find(({ name }) => name === spec.scaleTargetRef?.name);
  assert.ok(target, `${metadata.name}: there is nothing to scale`);
  assert.equal(target.replicas, undefined, `${target.name}: how many there are is for KEDA to say`);
  for (const { type, metadata: trigger } of spec.triggers ?? []) {
    if (type !== 'kafka') continue;
    const settings: Workload['environment'] = target.environment;
    assert.equal(trigger['consumerGroup'], settings['GROUP_ID']);
    assert.equal(trigger['topic'], `${settings['TOPIC_PREFIX']}swaps`);
    assert.equal(String(spec.maxReplicaCount), settings['PARTITIONS'], 'maxReplicaCount is PARTITIONS');
  }
}
