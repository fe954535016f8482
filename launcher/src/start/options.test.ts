import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startOptions } from './options.ts';

const recording = import.meta.filename;

function parse(args: string[], env: NodeJS.ProcessEnv = {}) {
  const options = startOptions(args, env);
  assert.ok(options);
  return options;
}

function refuses(args: string[], message: RegExp, env: NodeJS.ProcessEnv = {}): void {
  assert.throws(() => startOptions(args, env), { code: 'OPTION_INVALID', message });
}

describe('the options of npm start', () => {
  test('default to the simulator, one aggregator and the wall clock', () => {
    const { source, aggregators, clock, reset, producerEnv, external } = parse([]);
    assert.deepEqual(
      { source, aggregators, clock, reset },
      { source: 'simulate', aggregators: 1, clock: 'wall', reset: false },
    );
    assert.deepEqual(producerEnv, {});
    assert.deepEqual(external, { kafka: undefined, postgres: undefined, redis: undefined });
  });

  test('win over the environment', () => {
    const { clock, producerEnv } = parse(['--clock', 'event', '--rate', '7'], {
      CLOCK: 'wall',
      RATE: '9',
    });
    assert.equal(clock, 'event');
    assert.deepEqual(producerEnv, { RATE: '7' });
  });

  test('name a recording that is there', () => {
    const { source, replayFile } = parse(['--source', `replay:${recording}`]);
    assert.deepEqual({ source, replayFile }, { source: 'replay', replayFile: recording });
    refuses(['--source', 'replay:/nowhere'], /no file \/nowhere/);
    refuses(['--source', 'replay:'], /expected simulate, replay:<file> or none/);
    refuses(['--source', 'chain'], /expected simulate/);
  });

  test('read kept times by the event clock', () => {
    assert.equal(parse(['--source', `replay:${recording}`, '--retime', 'keep']).clock, 'event');
    assert.equal(parse([], { RETIME: 'keep' }).clock, 'event');
    refuses(['--retime', 'keep', '--clock', 'wall'], /event clock/);
  });

  test('are refused when malformed or unknown', () => {
    refuses(['--aggregators', '0'], /--aggregators 0/);
    refuses(['--aggregators', 'two'], /from 1 to 64/);
    refuses(['--clock', 'sundial'], /wall, event/);
    refuses([], /CLOCK=sundial/, { CLOCK: 'sundial' });
    refuses(['--speeed', 'max'], /--speeed/);
    refuses(['stray'], /too many arguments/);
  });

  test('take running servers from the environment', () => {
    assert.equal(parse([], { KAFKA_BROKERS: '' }).external.kafka, undefined);
    const env = { KAFKA_BROKERS: 'a:9092, b:9092', DATABASE_URL: 'postgres://db', REDIS_URL: '' };
    assert.deepEqual(parse([], env).external, {
      kafka: ['a:9092', 'b:9092'],
      postgres: 'postgres://db',
      redis: undefined,
    });
  });
});
