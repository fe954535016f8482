import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMarket } from './market.ts';
import { PriceWalk } from './prices.ts';
import { Random } from './random.ts';

const { tokens } = createMarket({ seed: 'prices', tokens: 100, traders: 1 });

test('a day of trades moves a price by some per cent, not by nothing and not by orders of magnitude', () => {
  const random = new Random('day');
  const walk = new PriceWalk(tokens);
  for (let ms = 1; ms < 86_400_000; ms += 60_000) {
    for (let rank = 0; rank < tokens.length; rank++) walk.at(rank, ms, random);
  }
  const moves = walk.all.map((price, rank) => Math.abs(Math.log(price / tokens[rank]!.firstPriceUsd)));
  const mean = moves.reduce((sum, move) => sum + move, 0) / moves.length;
  assert.ok(mean > 0.01 && mean < 0.2, `the mean move is ${mean}`);
  assert.ok(Math.max(...moves) < 1);
});

test('the walk goes on from the prices given, and from the first price where one does not fit', () => {
  const start = [tokens[0]!.firstPriceUsd * 2, Number.NaN, -1];
  const { all } = new PriceWalk(tokens, start);
  assert.equal(all[0], start[0]);
  for (const rank of [1, 2, 3]) assert.equal(all[rank], tokens[rank]!.firstPriceUsd);
});
