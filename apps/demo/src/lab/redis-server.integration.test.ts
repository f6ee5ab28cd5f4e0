import { expect, test } from 'vitest';
import { RedisServer } from './redis-server.ts';
import { temporaryFolder } from './temporary.ts';

const folder = temporaryFolder('redis-server');

test('is killed and started again on its port', async () => {
  const server = await RedisServer.start({ name: 'again', folder });
  const { pid, port } = server;
  expect(await server.kill()).toEqual({ code: null, signal: 'SIGKILL' });
  await server.restart();
  expect(server.pid).not.toBe(pid);
  expect(server.port).toBe(port);
  expect((await server.stop())?.code).toBe(0);
});

test('keeps its data over a restart when persistence is asked for', async () => {
  const server = await RedisServer.start({ name: 'kept', folder, args: ['--appendonly', 'yes'] });
  await server.with((client) => client.set('k', 'v'));
  await server.stop();
  await server.restart();
  expect(await server.with((client) => client.get('k'))).toBe('v');
  await server.stop();
});

test('a replica follows', async () => {
  const master = await RedisServer.start({ name: 'master', folder });
  const replica = await RedisServer.start({ name: 'replica', folder, replicaOf: master });
  expect((await master.info('replication')).get('connected_slaves')).toBe('1');
  await replica.stop();
  await master.stop();
});

test('asks for credentials', async () => {
  const credentials = { password: 'pw' };
  const server = await RedisServer.start({ name: 'locked', folder, args: ['--requirepass', 'pw'], credentials });
  expect(await server.with((client) => client.ping())).toBe('PONG');
  await server.stop();
});

test('tells why it did not start', async () => {
  const start = RedisServer.start({ name: 'broken', folder, args: ['--no-such-option', 'x'] });
  await expect(start).rejects.toThrow('no-such-option');
});
