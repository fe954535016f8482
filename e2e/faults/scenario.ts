import type { World } from './world/world.ts';

/** One fault, or one kind of them, and how it is brought about. */
export interface Scenario {
  name: string;
  /** What happens, in one line. */
  description: string;
  replicas?: number;
  /** Settings of the aggregators. */
  env?: Record<string, string>;
  /** Why it cannot be run here; undefined when it can. */
  missing?(): Promise<string | undefined>;
  /** What has to be there before its database is, such as the disk that will be full. */
  prepare?(servers: PreparedServers): Promise<Prepared>;
  /** False: it needs a world of its own, so a soak leaves it out. */
  mixes?: boolean;
  /** Runs while swaps come in. Each fault is written down by `world.strike` and waited out by `world.recovered`. */
  inject(world: World): Promise<void>;
  /** What comes after all faults, before the verdict. A soak leaves it out. */
  ending?(world: World): Promise<void>;
}

export interface PreparedServers {
  /** URL of the server, with user and password. */
  postgres: string;
}

export interface Prepared {
  tablespace: string;
  dispose(): Promise<void>;
}
