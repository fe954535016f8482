import { duration } from '@tidemark/runtime';
import { z } from 'zod';

/** Of every service that owns partitions. */
export const ownershipSettings = {
  CHECKPOINT_INTERVAL: duration('1s', { minMs: 50, maxMs: 60_000 }).describe('How often what was counted is stored.'),
  STUCK_AFTER: duration('1m', { minMs: 10_000, maxMs: 3_600_000 }).describe(
    'How long a partition may lag without progress before the process ends, to be started again; twice SESSION_TIMEOUT at least.',
  ),
  SESSION_TIMEOUT: duration('10s', { minMs: 6_000, maxMs: 300_000 }).describe(
    'How long the group waits for a silent member.',
  ),
};

const schema = z.object(ownershipSettings);

export type OwnershipSettings = z.infer<typeof schema>;
