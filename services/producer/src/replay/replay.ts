import type { SourceContext } from '../source.ts';

export async function runReplay({ settings }: SourceContext): Promise<void> {
  throw new Error(`cannot replay ${settings.REPLAY_FILE} yet`);
}
