import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { emptyWindow, partitionOf } from '@tidemark/domain';
import { startTcpProxy } from '@tidemark/testing';
import { type Owner, statsHeartbeat, statsRecord } from '@tidemark/testing/owner';
import { manyStatistics, problem, rankingPage, status, tokenStatistics } from '../src/schemas.ts';
import { type Answer, createOwner, know, partitionCount, startApi, until } from './harness.ts';

describe('the API', () => {
  let owner: Owner;
  before(async () => {
    owner = await createOwner();
  });
  after(() => owner?.close());

  test('gives a token its newest figures, vouched for by the heartbeat of its partition', async (t) => {
    const { get } = await startApi(t, owner);
    const partition = partitionOf('1:0xaa', partitionCount);
    await owner.toRedis(statsRecord('1:0xaa', [1, 5, 1, 1_000], { volumeUsd: '12.5' }));
    await owner.beat(statsHeartbeat(partition, [1, 9, 1, 2_000]));
    const { status: code, headers, body } = await get('/v1/tokens/1:0xAA/stats');
    assert.equal(code, 200);
    assert.match(headers.get('content-type')!, /^application\/json/);
    assert.deepEqual(body, {
      ...statsRecord('1:0xaa', [1, 5, 1, 1_000], { volumeUsd: '12.5' }),
      version: [1, 9, 1, 2_000],
      asOf: 2_000,
      stale: false,
    });
    tokenStatistics.parse(body);
  });

  test('says stale when nobody vouches for the partition', async (t) => {
    const { get } = await startApi(t, owner);
    const token = tokenOf(2, 'stale');
    await owner.toRedis(statsRecord(token, [1, 5, 1, 1_000]));
    await owner.beat(statsHeartbeat(2, [1, 5, 1, 1_500], Date.now() - 10_000));
    const { body } = await get(`/v1/tokens/${token}/stats`);
    assert.equal(body.stale, true);
    assert.equal(body.asOf, 1_500);
  });

  test('knows a token without statistics, and none that was never counted', async (t) => {
    const { get } = await startApi(t, owner);
    await know(owner, 'known:idle', 'IDLE');
    const { status: code, body } = await get('/v1/tokens/known:idle/stats');
    assert.equal(code, 200);
    assert.equal(body.symbol, 'IDLE');
    assert.equal(body.price, null);
    for (const window of Object.values(body.windows)) assert.deepEqual(window, emptyWindow());
    assertProblem(await get('/v1/tokens/never:seen/stats'), 404, 'TOKEN_UNKNOWN');
  });

  test('gives several tokens at once, each once, and names the missing ones', async (t) => {
    const { get } = await startApi(t, owner);
    await owner.toRedis(statsRecord('many:a', [1, 1, 1, 1]));
    await know(owner, 'many:b', 'B');
    const { body } = await get('/v1/stats?tokens=many:b,many:none,many:a,many:a');
    manyStatistics.parse(body);
    assert.deepEqual(
      body.tokens.map(({ token }: { token: string }) => token),
      ['many:b', 'many:a'],
    );
    assert.deepEqual(body.missing, ['many:none']);
  });

  test('answers a token that Redis has lost from what came through stats, never as zeros', async (t) => {
    const { get } = await startApi(t, owner);
    await know(owner, 'lost:a', 'LOST');
    await owner.toStats(statsRecord('lost:a', [1, 7, 1, 700], { volumeUsd: '99' }));
    const { body } = await until(
      () => get('/v1/tokens/lost:a/stats'),
      ({ windows }) => windows['1h'].volumeUsd !== '0',
    );
    assert.equal(body.windows['1h'].volumeUsd, '99');
    await owner.bury('lost:a');
    await until(
      () => get('/v1/tokens/lost:a/stats'),
      ({ windows }) => windows['1h'].volumeUsd === '0',
    );
  });

  test('ranks by a figure, page by page, and says how recent that is', async (t) => {
    const { get } = await startApi(t, owner);
    for (let n = 1; n <= 5; n++) await owner.toStats(statsRecord(`rank:${n}`, [1, n, 1, 1], { volumeUsd: String(n) }));
    for (let partition = 0; partition < partitionCount; partition++)
      await owner.beat(statsHeartbeat(partition, [2, 1, 1, 9_000]));
    const path = '/v1/tokens?window=1h&sort=volumeUsd&q=rank:&limit=2';
    const first = await until(
      () => get(path),
      ({ items, asOf }) => items[0]?.token === 'rank:5' && asOf === 9_000,
    );
    rankingPage.parse(first.body);
    assert.deepEqual(ranked(first), ['rank:5', 'rank:4']);
    assert.equal(first.body.stale, false);
    assert.ok(first.body.ageMs >= 0);
    const second = await get(`${path}&cursor=${first.body.nextCursor}`);
    assert.deepEqual(ranked(second), ['rank:3', 'rank:2']);
    const third = await get(`${path}&cursor=${second.body.nextCursor}`);
    assert.deepEqual(ranked(third), ['rank:1']);
    assert.equal(third.body.nextCursor, null);
    const bounded = await get('/v1/tokens?window=1h&q=rank:&min.volumeUsd=2&max.volumeUsd=3&order=asc');
    assert.deepEqual(ranked(bounded), ['rank:2', 'rank:3']);
    assertProblem(await get(`${path}&order=asc&cursor=${first.body.nextCursor}`), 400, 'CURSOR_INVALID');
    assertProblem(await get('/v1/tokens?window=7m'), 400, 'WINDOW_UNKNOWN');
  });

  test('tells what each partition has counted; one that never reported has nulls, an old report no lag', async (t) => {
    const other = await createOwner();
    t.after(() => other.close());
    const { get } = await startApi(t, other);
    await other.beat(statsHeartbeat(0, [1, 50, 2, 1_000]));
    await other.beat(statsHeartbeat(1, [1, 60, 2, 1_000], Date.now() - 10_000));
    const { body } = await get('/v1/status');
    status.parse(body);
    const [fresh, old, never] = body.partitions;
    const { partition, reportedAt, ...reported } = fresh;
    assert.equal(partition, 0);
    assert.ok(Math.abs(Date.now() - reportedAt) < 60_000);
    assert.deepEqual(reported, statsHeartbeat(0, [1, 50, 2, 1_000]).status);
    assert.equal(old.nextOffset, 60);
    assert.equal(old.lag, null);
    const { topic, partition: neverPartition, ...nulls } = never;
    assert.equal(topic, `${other.stack.topicPrefix}swaps`);
    assert.equal(neverPartition, 2);
    assert.ok(Object.values(nulls).every((value) => value === null));
  });

  const refusals: [string, number, string][] = [
    ['/v1/tokens/a/stats?window=5m', 400, 'QUERY_UNKNOWN_KEY'],
    ['/v1/status?x=1', 400, 'QUERY_UNKNOWN_KEY'],
    ['/v1/tokens?min.color=1', 400, 'QUERY_UNKNOWN_KEY'],
    ['/v1/tokens?limit=0', 400, 'QUERY_INVALID'],
    ['/v1/tokens?limit=501', 400, 'QUERY_INVALID'],
    ['/v1/tokens?limit=2&limit=3', 400, 'QUERY_INVALID'],
    ['/v1/tokens?sort=color', 400, 'QUERY_INVALID'],
    ['/v1/tokens?min.trades=1e9', 400, 'QUERY_INVALID'],
    ['/v1/tokens?cursor=garbage', 400, 'CURSOR_INVALID'],
    ['/v1/stats', 400, 'QUERY_INVALID'],
    ['/v1/stats?tokens=', 400, 'TOKEN_INVALID'],
    [`/v1/stats?tokens=${Array.from({ length: 101 }, (_, n) => `t${n}`).join()}`, 400, 'TOKENS_TOO_MANY'],
    ['/v1/tokens/a%20b/stats', 400, 'TOKEN_INVALID'],
    [`/v1/tokens/${'x'.repeat(129)}/stats`, 400, 'TOKEN_INVALID'],
    ['/v1/tokens/%zz/stats', 400, 'REQUEST_INVALID'],
    ['/v2/tokens', 404, 'NOT_FOUND'],
  ];
  test('refuses by name what it cannot answer', async (t) => {
    const { get } = await startApi(t, owner);
    for (const [path, code, name] of refusals) assertProblem(await get(path), code, name);
  });

  test('says 503 with a code while Redis is away, ranks on, and answers again when it is back', async (t) => {
    const redis = new URL(owner.stack.redisUrl);
    const proxy = await startTcpProxy({ target: redis.host });
    t.after(() => proxy.close());
    redis.host = proxy.address;
    await owner.toRedis(statsRecord('away:a', [1, 1, 1, 1]));
    const { get } = await startApi(t, owner, { REDIS_URL: redis.href });
    assert.equal((await get('/v1/tokens/away:a/stats')).status, 200);
    await proxy.cut();
    const answer = await until(
      () => get('/v1/tokens/away:a/stats'),
      ({ code }) => code !== undefined,
    );
    assertProblem(answer, 503, 'REDIS_UNAVAILABLE');
    assert.equal(answer.headers.get('retry-after'), '1');
    assert.equal((await get('/readyz')).status, 503);
    assert.equal((await get('/v1/tokens')).status, 200);
    assert.equal((await get('/v1/status')).status, 200);
    await proxy.restore();
    await until(
      () => get('/v1/tokens/away:a/stats'),
      ({ code }) => code === undefined,
    );
    await until(
      () => get('/readyz'),
      ({ status: state }) => state === 'ready',
    );
  });

  test('says 503 with a code while PostgreSQL is away, for tokens without statistics alone', async (t) => {
    const database = new URL(owner.stack.databaseUrl);
    const proxy = await startTcpProxy({ target: database.host });
    t.after(() => proxy.close());
    database.host = proxy.address;
    await owner.toRedis(statsRecord('apart:a', [1, 1, 1, 1]));
    const { get } = await startApi(t, owner, { DATABASE_URL: database.href });
    await proxy.cut();
    assertProblem(await get('/v1/tokens/apart:none/stats'), 503, 'POSTGRES_UNAVAILABLE');
    assert.equal((await get('/v1/tokens/apart:a/stats')).status, 200);
    await proxy.restore();
    assertProblem(await get('/v1/tokens/apart:none/stats'), 404, 'TOKEN_UNKNOWN');
  });

  test('documents every path it serves, as OpenAPI 3.1', async (t) => {
    const { get, url } = await startApi(t, owner);
    const { body } = await get('/openapi.json');
    assert.equal(body.openapi, '3.1.0');
    assert.deepEqual(Object.keys(body.paths).toSorted(), [
      '/healthz',
      '/readyz',
      '/v1/stats',
      '/v1/status',
      '/v1/tokens',
      '/v1/tokens/{token}/stats',
    ]);
    assert.ok(body.paths['/v1/tokens'].get.parameters.some(({ name }: { name: string }) => name === 'min.volumeUsd'));
    const page = await fetch(`${url}/docs`);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /swagger/i);
  });

  test('is not ready, and says so, until the ranking has been read', async (t) => {
    const { get, readiness } = await startApi(t, owner);
    readiness.waitFor('ranking');
    const { status: code, body } = await get('/readyz');
    assert.equal(code, 503);
    assert.deepEqual(body, { status: 'waiting', state: 'waiting', waitingFor: ['ranking'] });
    assert.equal((await get('/healthz')).status, 200);
  });
});

function assertProblem({ status: code, headers, body }: Answer, expected: number, name: string): void {
  assert.equal(code, expected, JSON.stringify(body));
  assert.match(headers.get('content-type')!, /^application\/problem\+json/);
  problem.parse(body);
  assert.equal(body.code, name);
  assert.equal(body.status, expected);
  assert.equal(body.requestId, headers.get('x-request-id'));
}

function ranked({ body }: Answer): string[] {
  return body.items.map(({ token }: { token: string }) => token);
}

/** A token of the partition. */
function tokenOf(partition: number, prefix: string): string {
  for (let n = 0; ; n++) {
    const token = `${prefix}:${n}`;
    if (partitionOf(token, partitionCount) === partition) return token;
  }
}
