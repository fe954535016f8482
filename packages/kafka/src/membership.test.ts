import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFakeClock } from '@tidemark/testing';
import { type GroupMember, Membership } from './membership.ts';

const sessionTimeoutMs = 10_000;

function member(heartbeat: (member: GroupMember) => Promise<void> = async () => undefined) {
  const clock = createFakeClock(1_000);
  const membership = new Membership({ sessionTimeoutMs, heartbeat, nowMs: clock.now });
  membership.joined({ memberId: 'm', generationId: 3 });
  return { clock, membership };
}

describe('a membership', () => {
  test('is certain for the session timeout from when the last answered heartbeat left', () => {
    const { clock, membership } = member();
    clock.advance(sessionTimeoutMs - 1);
    assert.equal(membership.certain, true);
    const sentAtMs = clock.now();
    // Frozen: the answer is read at once on waking, and yet the group may have gone on.
    clock.advance(sessionTimeoutMs);
    membership.heard(sentAtMs);
    assert.equal(membership.certain, false);
    membership.heard(clock.now());
    assert.equal(membership.certain, true);
  });

  test('is not certain before it has joined', () => {
    const membership = new Membership({ sessionTimeoutMs, heartbeat: async () => undefined, nowMs: () => 5 });
    assert.equal(membership.certain, false);
  });

  test('is confirmed by a heartbeat of the generation that was asked for, which is tried again', async () => {
    const asked: GroupMember[] = [];
    const { membership } = member(async (one) => {
      asked.push(one);
      membership.joined({ memberId: 'm', generationId: 4 });
      if (asked.length < 3) throw new Error('not now');
    });
    await membership.confirmed(new AbortController().signal);
    assert.deepEqual(
      asked,
      Array.from({ length: 3 }, () => ({ memberId: 'm', generationId: 3 })),
    );
  });

  test('does not wait for an answer beyond the end of the assignment', async () => {
    const { membership } = member(() => new Promise(() => undefined));
    const ending = new AbortController();
    const confirmed = membership.confirmed(ending.signal);
    ending.abort(new Error('ended'));
    await assert.rejects(confirmed, /ended/);
  });
});
