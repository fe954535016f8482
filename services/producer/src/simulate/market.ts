import { Random } from './random.ts';

export interface MarketOptions {
  /** Equal seeds give the same tokens, traders and first prices. */
  seed: string;
  tokens: number;
  traders: number;
}

/** What is traded and by whom: invented, and the same for every run of one seed. */
export interface Market {
  tokens: MarketToken[];
  /** Addresses in lower case. */
  traders: string[];
}

export interface MarketToken {
  /** `1:0x<address>` */
  id: string;
  pool: string;
  symbol: string;
  name: string;
  /** Digits that an amount can have after the point. */
  decimals: number;
  firstPriceUsd: number;
  /** Standard deviation of the logarithm of the price over one second. */
  volatility: number;
}

const chain = 1;
const secondsPerYear = 365 * 86_400;
/** Yearly volatility of a calm and of a wild token. */
const calmest = 0.5;
const wildest = 3;
/** Powers of ten between which first prices lie, evenly by their logarithm. */
const cheapestExponent = -6;
const dearestExponent = 4;

export function createMarket({ seed, tokens, traders }: MarketOptions): Market {
  const random = new Random(`market:${seed}`);
  const taken = new Set<string>();
  return {
    tokens: Array.from({ length: tokens }, () => inventToken(random, taken)),
    traders: Array.from({ length: traders }, () => `0x${random.hex(40)}`),
  };
}

function inventToken(random: Random, taken: Set<string>): MarketToken {
  const name = inventName(random, taken);
  const firstPriceUsd = 10 ** random.between(cheapestExponent, dearestExponent);
  return {
    id: `${chain}:0x${random.hex(40)}`,
    pool: `0x${random.hex(40)}`,
    symbol: symbolOf(name, taken),
    name,
    // Few digits would round the amounts of a dear token to nothing.
    decimals: firstPriceUsd > 1 ? 18 : random.pick([6, 9, 18]),
    firstPriceUsd,
    volatility: random.between(calmest, wildest) / Math.sqrt(secondsPerYear),
  };
}

const openings =
  'Ba Bri Ca Cor Da Dri El Fa Fen Ga Glo Ha Hel Ilo Ja Kel Ko La Lum Ma Mir Na Nor Ori Pa Pel Qua Ra Ro Sa Sel Ta Tor Ul Va Ver Wen Xa Yor Za Zel'.split(
    ' ',
  );
const middles = 'ba bi da do fa ga go la li lo ma mi na ne ra ri ro sa ta ti va vi'.split(' ');
const endings = 'bra cus dex don fin gon lia lo mar mo na nix ra ris ron sha tis tor va vex xa zon'.split(' ');
const kinds = ['', '', '', ' Protocol', ' Finance', ' Network', ' Token', ' DAO', ' Inu', ' Labs', ' Chain', ' Cash'];

function inventName(random: Random, taken: Set<string>): string {
  for (let attempt = 0; ; attempt++) {
    const middle = random.chance(0.4) ? random.pick(middles) : '';
    const base = `${random.pick(openings)}${middle}${random.pick(endings)}`;
    // The syllables make some twenty thousand words; a crowded market numbers them.
    const name = attempt < 8 ? `${base}${random.pick(kinds)}` : `${base} ${taken.size}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

/** The first letters of the name, as many as tell it from the symbols before it. */
function symbolOf(name: string, taken: Set<string>): string {
  const letters = name.replaceAll(/[^A-Za-z0-9]/g, '').toUpperCase();
  for (let length = 3; length <= Math.min(6, letters.length); length++) {
    const symbol = letters.slice(0, length);
    if (taken.has(symbol)) continue;
    taken.add(symbol);
    return symbol;
  }
  for (let number = 2; ; number++) {
    const symbol = `${letters.slice(0, 4)}${number}`;
    if (taken.has(symbol)) continue;
    taken.add(symbol);
    return symbol;
  }
}
