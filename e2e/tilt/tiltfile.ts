import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const repository = join(import.meta.dirname, '..', '..');

/** What `interpret.py` needs. */
export const interpreterPackages = ['starlark-pyo3==2026.1.3', 'PyYAML==6.0.3'];

type Step =
  | { step: 'fall_back_on'; files: string[] }
  | { step: 'sync'; local: string; remote: string }
  | { step: 'run'; cmd: string };

export interface Image {
  ref: string;
  build_args: Record<string, string>;
  only: string[];
  entrypoint: string[];
  live_update: Step[];
}

export interface Resource {
  resource: string;
  labels: string[];
  trigger_mode?: string;
  auto_init?: boolean;
  resource_deps?: string[];
  links?: { url: string; name: string }[];
  cmd?: string[] | string;
  serve_cmd?: string[];
}

export interface KubernetesObject {
  kind: string;
  metadata: { name: string };
  spec: {
    template: {
      spec: {
        securityContext: { runAsUser: number; runAsGroup: number };
        containers: { image: string; securityContext: { readOnlyRootFilesystem: boolean } }[];
      };
    };
  };
}

interface ComposeOverride {
  services: Record<string, { entrypoint: string[]; read_only: boolean }>;
}

/** The arguments of what the Tiltfile calls. */
interface Arguments {
  docker_build: Image;
  dc_resource: Resource;
  local_resource: Resource;
  k8s_resource: Resource;
  docker_compose: { files: [string, ComposeOverride]; profiles: string[]; project_name: string };
  k8s_yaml: { objects: KubernetesObject[] };
  allow_k8s_contexts: { contexts: string[] };
}

type Call = { [Name in keyof Arguments]: { name: Name } & Arguments[Name] }[keyof Arguments];

/** What the Tiltfile asked of Tilt, in order. */
export class Recording {
  readonly #calls: Call[];
  /** Variables that the Tiltfile sets. */
  readonly env: Record<string, string>;

  constructor({ calls, env }: { calls: Call[]; env: Record<string, string> }) {
    this.#calls = calls;
    this.env = env;
  }

  of<Name extends keyof Arguments>(name: Name): Arguments[Name][] {
    return this.#calls.filter((call) => call.name === name) as unknown as Arguments[Name][];
  }

  image(ref: string): Image {
    const image = this.of('docker_build').find((one) => one.ref === ref);
    if (image === undefined) throw new Error(`the Tiltfile builds no ${ref}`);
    return image;
  }

  /** The images that are updated in place. */
  liveImages(): Image[] {
    return this.of('docker_build').filter((image) => image.live_update.length > 0);
  }
}

export function stepsOf<Kind extends Step['step']>(image: Image, kind: Kind): Extract<Step, { step: Kind }>[] {
  return image.live_update.filter((step): step is Extract<Step, { step: Kind }> => step.step === kind);
}

/** Interprets the Tiltfile as `tilt up -- <options>` would. Rejects with the interpreter's message. */
export async function interpret(python: string, ...options: string[]): Promise<Recording> {
  const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, 'interpret.py'), ...options], {
    cwd: repository,
    maxBuffer: 16 * 1_048_576,
  });
  return new Recording(JSON.parse(stdout));
}
