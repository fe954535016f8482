import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { PortPicker } from './ports.ts';

describe('the port of a setting', () => {
  let taken: number;
  let server: Server;

  before(async () => {
    taken = await new PortPicker().free();
    server = createServer();
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: taken }, resolve));
  });
  after(() => server.close());

  test('is the default while that is free', async () => {
    const free = await new PortPicker().free();
    assert.equal(await new PortPicker().forSetting('API_PORT', undefined, free), free);
  });

  test('moves to a free one when the default is taken', async () => {
    assert.notEqual(await new PortPicker().forSetting('API_PORT', undefined, taken), taken);
  });

  test('is refused when it was given and is taken', async () => {
    await assert.rejects(new PortPicker().forSetting('API_PORT', String(taken), 8080), {
      code: 'PORT_TAKEN',
      message: new RegExp(`API_PORT=${taken}`),
    });
  });

  test('is not handed out twice', async () => {
    const picker = new PortPicker();
    const free = await picker.free();
    await assert.rejects(picker.forSetting('GATEWAY_PORT', String(free), 8081), { code: 'PORT_TAKEN' });
  });

  for (const value of ['http', '0', '65536', '-1', '80a']) {
    test(`is refused when it is ${value}`, async () => {
      await assert.rejects(new PortPicker().forSetting('API_PORT', value, 8080), { code: 'OPTION_INVALID' });
    });
  }
});
