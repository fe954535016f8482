import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Kubectl } from './kubectl.ts';

const overlay = join(import.meta.dirname, '..', '..', '..', 'k8s', 'overlays', 'dev');

export interface Ports {
  api: number;
  gateway: number;
  kafka: number;
  redis: number;
}

/** Settings by the ConfigMap that they belong to. */
export type SettingsByMap = Record<string, Record<string, string>>;

interface Pod {
  metadata: { name: string; uid: string; labels: Record<string, string>; deletionTimestamp?: string };
  spec: { containers: { name: string }[] };
  status: { phase: string; containerStatuses?: { restartCount: number }[] };
}

/** The development overlay in a namespace of its own. */
export class Installation {
  readonly kubectl: Kubectl;
  readonly ports: Ports;
  readonly #folder = mkdtempSync(join(tmpdir(), 'tidemark-k8s-'));

  constructor(context: string, ports: Ports) {
    this.kubectl = new Kubectl(context, `tidemark-test-${process.pid}`);
    this.ports = ports;
  }

  /** Applies the overlay with these settings in place of its own. */
  async apply(settings: SettingsByMap): Promise<string> {
    writeFileSync(join(this.#folder, 'kustomization.yaml'), JSON.stringify(this.#kustomization(settings)));
    return this.kubectl.run('apply', '--kustomize', this.#folder);
  }

  /** The services and servers; the pods of Jobs come and go. */
  async pods(name?: string): Promise<Pod[]> {
    const selector = name === undefined ? 'app.kubernetes.io/component!=setup' : `app.kubernetes.io/name=${name}`;
    const { items } = await this.kubectl.json<{ items: Pod[] }>('get', 'pods', '--selector', selector);
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  async remove(): Promise<void> {
    await this.kubectl.run('delete', 'namespace', this.kubectl.namespace, '--ignore-not-found', '--timeout', '3m');
    rmSync(this.#folder, { recursive: true });
  }

  /** JSON is YAML. */
  #kustomization(settings: SettingsByMap) {
    return {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace: this.kubectl.namespace,
      resources: [relative(this.#folder, overlay)],
      configMapGenerator: Object.entries(settings).map(([name, values]) => ({
        name,
        behavior: 'merge',
        literals: Object.entries(values).map(([setting, value]) => `${setting}=${value}`),
      })),
      patches: [
        {
          // The broker tells its clients where it is: for those on this machine, at the forwarded port.
          patch: JSON.stringify({
            apiVersion: 'apps/v1',
            kind: 'StatefulSet',
            metadata: { name: 'kafka' },
            spec: {
              template: {
                spec: {
                  containers: [{ name: 'kafka', env: [{ name: 'EXTERNAL_PORT', value: String(this.ports.kafka) }] }],
                },
              },
            },
          }),
        },
      ],
    };
  }
}
