import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ToolMissing, tool } from './tools.ts';

/** What the checks need to know of any object of Kubernetes. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  data?: Record<string, string>;
  spec?: ObjectSpec;
}

/** Of a workload and of a ScaledObject, what is held against the settings; the rest is for the schemas. */
export interface ObjectSpec {
  replicas?: number;
  template?: { spec: PodSpec };
  scaleTargetRef?: { name: string };
  maxReplicaCount?: number;
  triggers?: { type: string; metadata: Record<string, string> }[];
}

export interface PodSpec {
  enableServiceLinks?: boolean;
  automountServiceAccountToken?: boolean;
  terminationGracePeriodSeconds?: number;
  containers: [Container, ...Container[]];
}

interface Container {
  imagePullPolicy?: string;
  ports?: { name: string; containerPort: number }[];
  lifecycle?: { preStop: { sleep: { seconds: number } } };
  envFrom?: { configMapRef: { name: string } }[];
  env?: { name: string; value: string }[];
}

export interface Rendered {
  /** The folder in `k8s/`. */
  name: string;
  text: string;
  objects: KubernetesObject[];
}

const folder = join(import.meta.dirname, '..', '..', '..', 'k8s');

/** Renders a folder by kubectl, which has kustomize inside, or by kustomize. */
export async function render(name: string): Promise<Rendered> {
  const path = join(folder, name);
  const text = await tool('kubectl', ['kustomize', path]).catch((error: unknown) => {
    if (error instanceof ToolMissing) return tool('kustomize', ['build', path]);
    throw error;
  });
  return { name, text, objects: parseObjects(text) };
}

export function parseObjects(text: string): KubernetesObject[] {
  return parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
}

/** The objects that Kubernetes itself knows, and those of KEDA. */
export function isOfKeda({ apiVersion }: KubernetesObject): boolean {
  return apiVersion.startsWith('keda.sh/');
}
