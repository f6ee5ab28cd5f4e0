/** The promises of `KeyspaceEvents`, kept by the Redis adapter on a live server. */
import { type KeyspaceEventsWorld, keyspaceEventsConformance } from '@entwine/testkit';
import { afterAll, describe, it } from 'vitest';
import { createKeyspaceEvents } from '../../packages/redis/src/events/keyspace-events.ts';
import { RedisServer, stopAllServers, until } from '../../packages/redis/src/testing/redis-server.ts';

async function makeWorld(): Promise<KeyspaceEventsWorld> {
  const [server, replica] = await Promise.all([
    RedisServer.start(['--notify-keyspace-events', 'Exe']),
    RedisServer.start(),
  ]);
  // Offsets count only where somebody replicates.
  await replica.follow(server);
  return {
    events: createKeyspaceEvents({ redis: [server.endpoint] }),
    expire: async (db, key) => {
      await server.ask('SELECT', String(db));
      await server.ask('SET', key, 'v', 'PX', '1');
      await until('expired', async () => (await server.ask('EXISTS', key)) === 0);
      return Number(await server.info('master_repl_offset'));
    },
    cut: async () => {
      await server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
    },
    breathe: () => {},
    close: async () => {
      await Promise.all([server.stop(), replica.stop()]);
    },
  };
}

afterAll(stopAllServers);

describe('createKeyspaceEvents', () => {
  for (const { name, run } of keyspaceEventsConformance) it(name, () => run(makeWorld));
});
