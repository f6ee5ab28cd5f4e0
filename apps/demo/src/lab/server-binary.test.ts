import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtServers, chosenServers, serverBinary, serverOf } from './server-binary.ts';
import { temporaryFolder } from './temporary.ts';

const cache = temporaryFolder('binaries');
for (const name of ['redis-8.6.3', 'redis-8.10.0', 'valkey-9.1.2']) {
  mkdirSync(join(cache, name, 'bin'), { recursive: true });
  writeFileSync(join(cache, name, 'bin', `${name.split('-')[0]}-server`), '');
}
mkdirSync(join(cache, 'redis-8.11.0'));
const env = { ENTWINE_SERVERS: cache };

test.each([
  ['redis-8', 'redis-8.10.0/bin/redis-server'],
  ['redis-8.6', 'redis-8.6.3/bin/redis-server'],
  ['valkey-9.1.2', 'valkey-9.1.2/bin/valkey-server'],
])('%s is %s of those built', (server, path) => {
  expect(serverBinary(server, env)).toBe(join(cache, path));
});

test.each(['redis-server', 'valkey-server', '/opt/redis-8/redis-server'])('%s is itself', (server) => {
  expect(serverBinary(server, env)).toBe(server);
});

test.each(['redis-8.1', 'redis-7', 'valkey-8'])('%s is not built', (server) => {
  expect(() => serverBinary(server, env)).toThrow(`build it with: npm run servers -- ${server}`);
});

test('what is built is listed by product and version', () => {
  expect(builtServers(env)).toEqual(['redis-8.6.3', 'redis-8.10.0', 'valkey-9.1.2']);
  expect(builtServers({ ENTWINE_SERVERS: join(cache, 'nowhere') })).toEqual([]);
});

test('without a choice everything runs redis-server', () => {
  expect(serverOf('a', {})).toBe('redis-server');
  expect(serverOf(undefined, { ENTWINE_REDIS_SERVER: '' })).toBe('redis-server');
});

test('one choice is for all', () => {
  const all = { ENTWINE_REDIS_SERVER: 'valkey-9' };
  expect([serverOf('a', all), serverOf(undefined, all)]).toEqual(['valkey-9', 'valkey-9']);
});

test('sites may differ', () => {
  const mixed = { ENTWINE_REDIS_SERVER: 'a=redis-7.0, b=/opt/valkey=9/valkey-server,redis-8' };
  expect(['a', 'b', 'c'].map((site) => serverOf(site, mixed))).toEqual([
    'redis-7.0',
    '/opt/valkey=9/valkey-server',
    'redis-8',
  ]);
  expect([...chosenServers(mixed).keys()]).toEqual(['a', 'b', '*']);
});
