import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { RedisError } from '../redis-error.ts';
import { freePort, RedisServer, stopAllServers, until } from '../testing/redis-server.ts';
import { discover } from './discover.ts';

const servers: Server[] = [];

/** A plain TCP server that is not Redis. */
async function plainServer(connected: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    connected(socket);
  });
  servers.push(server);
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return port;
}

afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await stopAllServers();
});

async function failure(port: number, password?: string): Promise<RedisError> {
  const endpoint = { host: '127.0.0.1', port, ...(password === undefined ? {} : { password }) };
  const error = await discover({ redis: [endpoint], capture: 'auto', commandTimeout: 300 }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(RedisError);
  expect((error as RedisError).message).toContain(`127.0.0.1:${port}`);
  return error as RedisError;
}

describe('discover', () => {
  it('finds the whole site from any node, and a chained replica too', async () => {
    const [master, first, second] = await Promise.all([RedisServer.start(), RedisServer.start(), RedisServer.start()]);
    const alone = await discover({ redis: [master.endpoint], capture: 'auto' });
    expect(alone).toMatchObject({ master: { port: master.port }, capture: { port: master.port }, role: 'master' });
    await first.follow(master);
    await second.follow(first);
    for (const seed of [master, first, second]) {
      const found = await until('both replicas online', async () => {
        const site = await discover({ redis: [seed.endpoint], capture: 'auto' });
        return site.replicas.filter((replica) => replica.state === 'online').length === 2 ? site : undefined;
      });
      expect(found.master.port).toBe(master.port);
      expect(found.role).toBe('replica');
      const modes = await discover({ redis: [seed.endpoint], capture: 'master' });
      expect(modes.capture.port).toBe(master.port);
    }
  });

  it('passes over replicas with an unusable address and falls back to the configured ones', async () => {
    const master = await RedisServer.start();
    const hidden = await RedisServer.start(['--replica-announce-port', String(await freePort())]);
    await hidden.follow(master);
    const blind = await discover({ redis: [master.endpoint], capture: 'auto' });
    expect(blind).toMatchObject({ role: 'master', replicas: [] });
    const found = await until('the replica online', async () => {
      const site = await discover({ redis: [master.endpoint, hidden.endpoint], capture: 'auto' });
      return site.role === 'replica' ? site : undefined;
    });
    expect(found.capture.port).toBe(hidden.port);
  });

  it('says that a replica has lost its master', async () => {
    const [master, replica] = await Promise.all([RedisServer.start(), RedisServer.start()]);
    await replica.follow(master);
    await master.kill();
    await until('link down', async () => (await replica.info('master_link_status')) === 'down');
    const error = await failure(replica.port);
    expect(error).toMatchObject({ code: 'master-link-down', retriable: true });
    expect(error.message).toContain(`127.0.0.1:${master.port}`);
  });

  it('says that the password is missing or wrong, without showing one', async () => {
    const server = await RedisServer.start(['--requirepass', 'correct-horse'], { password: 'correct-horse' });
    for (const password of [undefined, 'battery-staple']) {
      const error = await failure(server.port, password);
      expect(error).toMatchObject({ code: 'not-authenticated', retriable: false });
      expect(`${error.message} ${String(error.cause)} ${error.stack}`).not.toMatch(/battery|horse/);
    }
    expect((await discover({ redis: [server.endpoint], capture: 'auto' })).role).toBe('master');
  });

  it('signs in with a password where none is needed', async () => {
    const server = await RedisServer.start();
    const redis = [{ ...server.endpoint, password: 'superfluous' }];
    expect((await discover({ redis, capture: 'auto' })).role).toBe('master');
  });

  it.each([
    ['HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', 'not-redis'],
    ['220 mail.example ESMTP\r\n', 'not-redis'],
    ['+OK POP3 ready\r\n', 'not-redis'],
    ['\x00\xff\x17garbage', 'not-redis'],
    ["-ERR unknown command 'AUTH', with args beginning with: 'echoed-secret'\r\n", 'not-authenticated'],
  ])('tells that %j is not Redis', async (answer, code) => {
    const port = await plainServer((socket) => socket.on('data', () => socket.write(answer, 'latin1')));
    const error = await failure(port, 'echoed-secret');
    expect(error).toMatchObject({ code, retriable: false });
    expect(error.message).not.toContain('echoed-secret');
  });

  it('tells a silent server, one that hangs up, and nobody', async () => {
    const silent = await plainServer(() => {});
    expect(await failure(silent)).toMatchObject({ code: 'timeout', retriable: true });
    const rude = await plainServer((socket) => socket.destroy());
    expect(await failure(rude)).toMatchObject({ code: 'disconnected', retriable: true });
    expect(await failure(await freePort())).toMatchObject({ code: 'unreachable', retriable: true });
  });

  it('names the most telling failure first when several seeds fail', async () => {
    const server = await RedisServer.start(['--requirepass', 'x'], { password: 'x' });
    const dead = { host: '127.0.0.1', port: await freePort() };
    const redis = [dead, { ...server.endpoint, password: 'wrong' }];
    const error = await discover({ redis, capture: 'auto' }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'not-authenticated' });
    expect((error as RedisError).message).toContain(`127.0.0.1:${dead.port}`);
  });
});
