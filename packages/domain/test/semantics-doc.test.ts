import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { judge, statistics } from '@tidemark/testing';
import {
  createEngine,
  defaultRules,
  type LogRecord,
  type Outcome,
  REJECTIONS,
  type Swap,
  type TokenStatistics,
} from '../src/index.ts';

interface Example {
  readonly log: readonly { readonly appendTimeMs: number; readonly swap: Swap; readonly outcome: string }[];
  readonly readAtMs: number;
  readonly token: string;
  readonly figures: Record<string, Record<string, string | number | null>>;
}

const page = readFileSync(new URL('../../../docs/semantics.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```json example\n(.*?)```/gs)].map((match) => JSON.parse(match[1]!) as Example);
const options = { rules: defaultRules, partition: 0, partitionCount: 1 };

describe('docs/semantics.md', () => {
  it('has its examples', () => {
    assert.equal(examples.length, 5);
  });

  for (const [index, { log, readAtMs, token, figures }] of examples.entries()) {
    it(`example ${index + 1} is what the engine and the oracle say`, () => {
      const records = log.map(({ appendTimeMs, swap }, offset): LogRecord => {
        return { offset, appendTimeMs, key: Buffer.from(swap.token), value: Buffer.from(JSON.stringify(swap)) };
      });
      const outcomes = log.map(({ outcome }) => outcome);
      const engine = createEngine(options);
      const applied = records.map((record) => engine.apply(record));
      engine.advance(readAtMs);
      const judged = judge(records, options);
      assert.deepEqual(applied.map(nameOf), outcomes);
      assert.deepEqual(judged.outcomes.map(nameOf), outcomes);
      assertHolds(engine.read(token), figures);
      assertHolds(statistics(judged, token, readAtMs), figures);
    });
  }

  it('names every code', () => {
    for (const code of Object.keys(REJECTIONS)) assert.ok(page.includes(`\`${code}\``), code);
  });
});

/** The figures that the page shows; it leaves some out. */
function assertHolds(actual: TokenStatistics | null, figures: Example['figures']): void {
  for (const [window, shown] of Object.entries(figures)) {
    const all = actual?.windows[window] as unknown as Record<string, unknown>;
    const picked = Object.fromEntries(Object.keys(shown).map((field) => [field, all[field]]));
    assert.deepEqual(picked, shown);
  }
}

function nameOf(outcome: Outcome): string {
  return outcome.kind === 'rejected' ? outcome.code : outcome.kind;
}
