import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stallOf } from './stalls.ts';

function metrics(seconds: string): string {
  return `# TYPE nodejs_eventloop_lag_max_seconds gauge
nodejs_eventloop_lag_max_seconds{service="aggregator",instance="aggregator"} ${seconds}
nodejs_eventloop_lag_mean_seconds{service="aggregator",instance="aggregator"} 9`;
}

describe('the longest stall', () => {
  test('is the delay without the period of the timer that measures it', () => {
    assert.equal(stallOf(metrics('0.0342')), 24.2);
    assert.equal(stallOf(metrics('0.0099')), 0);
  });

  test('is not made up where the metric is missing', () => {
    assert.throws(() => stallOf('# nothing'), /hold no nodejs_eventloop_lag_max_seconds/);
  });
});
