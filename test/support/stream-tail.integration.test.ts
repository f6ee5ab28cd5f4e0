import { afterAll, beforeAll, expect, test } from 'vitest';
import { RedisServer, temporaryFolder, waitFor } from '../../apps/demo/src/lab/index.ts';
import { StreamTail } from './stream-tail.ts';

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start({ name: 'tailed', folder: temporaryFolder('tail') });
});

afterAll(async () => {
  await server.stop();
});

test('sees every command after the snapshot, whole', async () => {
  await server.with((client) => client.set('before', 'in the snapshot'));
  const seen: string[][] = [];
  const tail = await StreamTail.commands(server, (command) => seen.push(command));
  const large = 'x'.repeat(1_000_000);
  await server.with(async (client) => {
    await client.set('text', 'a\r\n$3\r\nb');
    await client.set('bytes', Buffer.from([0xff, 0x00]));
    await client.set('large', large);
    await client.multi().incr('n').del('text').exec();
  });
  await waitFor('the transaction has been seen', () => seen.some(([name]) => name === 'EXEC'));
  const names = seen.filter(([name]) => name?.toLowerCase() !== 'ping');
  expect(names).toEqual([
    ['SELECT', '0'],
    ['set', 'text', 'a\r\n$3\r\nb'],
    ['set', 'bytes', '\u00ff\u0000'],
    ['set', 'large', large],
    ['MULTI'],
    ['incr', 'n'],
    ['del', 'text'],
    ['EXEC'],
  ]);
  tail.close();
});
