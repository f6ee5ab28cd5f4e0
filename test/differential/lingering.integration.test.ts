import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compareServers, RedisServer, temporaryFolder } from '../../apps/demo/src/lab/index.ts';
import { lingeringMs } from './lingering.ts';
import { RawConnection } from './raw-connection.ts';

const folder = temporaryFolder('lingering');
let servers: RedisServer[] = [];

beforeAll(async () => {
  servers = await Promise.all(['a', 'b'].map((name) => RedisServer.start({ name, folder: join(folder, name) })));
});

afterAll(async () => {
  for (const server of servers) {
    server.disconnect();
    await server.kill();
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** What is the matter when the first server has executed this, and the second that. */
async function after(...commands: readonly (readonly string[])[]): Promise<number | undefined> {
  for (const [place, server] of servers.entries()) {
    const connection = await RawConnection.open(server.port);
    await connection.call('FLUSHALL');
    await connection.call(...(commands[place] as [string]));
    connection.close();
  }
  return lingeringMs(await compareServers(servers), servers);
}

it('waits for a key that is gone at one site and about to go at the other', async () => {
  const left = await after(['SET', 'k', 'v', 'PX', '50000'], ['PING']);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(50_000);
});

it.each<[string, readonly string[], readonly string[]]>([
  ['that stays', ['SET', 'k', 'v'], ['PING']],
  ['that stays for longer', ['SET', 'k', 'v', 'PX', '70000'], ['PING']],
  ['that both hold', ['SET', 'k', 'v', 'PX', '50000'], ['SET', 'k', 'w', 'PX', '50000']],
])('waits for no key %s', async (_what, one, other) => {
  expect(await after(one, other)).toBeUndefined();
});
