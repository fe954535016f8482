import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { judge, statistics } from '@tidemark/testing';
import { defaultRules } from '../rules.ts';
import { emptyWindow, type WindowStatistics } from '../statistics.ts';
import { createEngine } from './engine.ts';
import type { LogRecord, Outcome } from './types.ts';

interface Case {
  readonly title: string;
  readonly log: readonly {
    readonly appendTimeMs: number;
    readonly swap: { readonly token: string };
    readonly outcome: string;
  }[];
  readonly watermarkMs: number;
  readonly readAtMs: number;
  /** By token and window, in the order of `fields`. */
  readonly figures: Record<string, Record<string, readonly (string | number | null)[]>>;
}

const fixture = new URL('../../../testing/fixtures/semantics.json', import.meta.url);
const { fields, cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { fields: string[]; cases: Case[] };
const options = { rules: defaultRules, partition: 0, partitionCount: 1 };

describe('the cases of the semantics', () => {
  for (const { title, log, watermarkMs, readAtMs, figures } of cases) {
    const records = log.map(({ appendTimeMs, swap }, offset): LogRecord => {
      const value = Buffer.from(JSON.stringify(swap));
      return { offset, appendTimeMs, key: Buffer.from(swap.token), value };
    });
    const expected = Object.entries(figures).map(([token, windows]) => {
      const named = Object.entries(windows).map(([name, values]) => [name, toStatistics(values)] as const);
      return [token, Object.fromEntries(named)] as const;
    });

    it(`engine: ${title}`, () => {
      const engine = createEngine(options);
      assert.deepEqual(
        records.map((record) => nameOf(engine.apply(record))),
        log.map(({ outcome }) => outcome),
      );
      assert.equal(engine.watermarkMs, watermarkMs);
      engine.advance(readAtMs);
      for (const [token, windows] of expected) assert.deepEqual(engine.read(token)?.windows ?? nothing(), windows);
    });

    it(`oracle: ${title}`, () => {
      const judged = judge(records, options);
      assert.deepEqual(
        judged.outcomes.map(nameOf),
        log.map(({ outcome }) => outcome),
      );
      assert.equal(judged.watermarkMs, watermarkMs);
      for (const [token, windows] of expected) {
        assert.deepEqual(statistics(judged, token, readAtMs)?.windows ?? nothing(), windows);
      }
    });
  }
});

function toStatistics(values: readonly (string | number | null)[]): WindowStatistics {
  return Object.fromEntries(fields.map((field, i) => [field, values[i]])) as unknown as WindowStatistics;
}

/** What a token without any accepted record shows. */
function nothing(): Record<string, WindowStatistics> {
  return Object.fromEntries(defaultRules.windows.map(({ name }) => [name, emptyWindow()]));
}

function nameOf(outcome: Outcome): string {
  return outcome.kind === 'rejected' ? outcome.code : outcome.kind;
}
