import { join } from 'node:path';
import { repository, userPath } from '../repository.ts';
import { readStackFile } from '../stack-file.ts';
import { busiestTokens } from '../start/busiest-tokens.ts';

const shownTokens = 5;

function directory(): string {
  const dir = process.env['TIDEMARK_DIR'];
  return dir ? userPath(dir) : join(repository, '.tidemark');
}

/** Base URL of the API: API_URL, or that of what runs in the directory. @throws CodedError NOT_RUNNING */
export function apiUrl(): string {
  return process.env['API_URL']?.replace(/\/$/, '') || readStackFile(directory()).api;
}

/** URL of the stream: GATEWAY_URL, or that of what runs in the directory. @throws CodedError NOT_RUNNING */
export function gatewayUrl(): string {
  return process.env['GATEWAY_URL'] || readStackFile(directory()).gateway;
}

/** Some tokens that trade at present, a line each, to choose from. */
export async function tokensToTry(): Promise<string[]> {
  const tokens = (await busiestTokens(apiUrl(), shownTokens)) ?? [];
  if (tokens.length === 0) return ['no token trades at present'];
  return ['busy at present:', ...tokens.map(({ token, symbol }) => `  ${token}${symbol ? `  ${symbol}` : ''}`)];
}
