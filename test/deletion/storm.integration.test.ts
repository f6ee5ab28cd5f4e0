/**
 * A storm of deletes of every sort on a live server: what each was is known by its key's name, and every verdict is
 * compared with it. Once capturing from the master, once from a replica that stands still now and then.
 */
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { RedisServer, stopAllServers, until } from '../../packages/redis/src/testing/redis-server.ts';
import { VerdictRecorder } from './verdict-recorder.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await stopAllServers();
});

const times = (count: number, prefix: string): string[] => Array.from({ length: count }, (_, i) => `${prefix}:${i}`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** How clients delete keys; each deletes one key, made before. */
const byUsers: readonly ((redis: Redis, key: string) => Promise<unknown>)[] = [
  (redis, key) => redis.del(key),
  (redis, key) => redis.unlink(key),
  (redis, key) => redis.getdel(key),
  (redis, key) => redis.pexpireat(key, 1),
  (redis, key) => redis.multi().incr('count').del(key).exec(),
  (redis, key) => redis.eval(`redis.call('INCR', 'count') return redis.call('DEL', KEYS[1])`, 1, key),
];

/** How clients run into keys that have expired. */
const byReaders: readonly ((redis: Redis, key: string) => Promise<unknown>)[] = [
  (redis, key) => redis.get(key),
  (redis, key) => redis.multi().get(key).incr('count').exec(),
  (redis, key) => redis.multi().incr('count').exists(key).exec(),
  (redis, key) => redis.eval(`redis.call('INCR', 'count') return redis.call('GET', KEYS[1])`, 1, key),
  (redis, key) => redis.append(key, 'x'),
  // Already expired: the server deletes it, the client's DEL finds nothing.
  (redis, key) => redis.del(key),
];

async function connect(server: RedisServer, db = 0): Promise<Redis> {
  const redis = new Redis({ port: server.port, host: '127.0.0.1', db });
  cleanups.push(() => redis.disconnect());
  await redis.ping();
  return redis;
}

/** Clients delete keys, a few at a time. */
async function deleteKeys(redis: Redis, keys: readonly string[]): Promise<void> {
  for (let i = 0; i < keys.length; i += 5) {
    await Promise.all(keys.slice(i, i + 5).map((key, j) => byUsers[(i + j) % byUsers.length]!(redis, key)));
    if (i % 50 === 0) await pause(1);
  }
}

async function storm(server: RedisServer): Promise<Map<string, string[]>> {
  const truth = new Map<string, string[]>();
  const [users, readers, other] = [await connect(server), await connect(server), await connect(server, 5)];
  const expected = (keys: readonly string[], what: string, db = 0): readonly string[] => {
    for (const key of keys) truth.set(`${db} ${key}`, [...(truth.get(`${db} ${key}`) ?? []), what]);
    return keys;
  };
  const make = async (redis: Redis, keys: readonly string[], ...ttl: (string | number)[]): Promise<void> => {
    const pipeline = redis.pipeline();
    for (const key of keys) pipeline.call('SET', key, 'v', ...ttl.map(String));
    await pipeline.exec();
  };
  const user = (part: string): readonly string[] => expected(times(600, `user-${part}`), 'user');
  const parts = { a: user('a'), b: user('b'), c: user('c') };
  for (const keys of Object.values(parts)) await make(users, keys);

  // Active expiry, in two databases, while clients delete.
  for (const ttl of [20, 60, 150, 250]) {
    await make(users, expected(times(200, `active-${ttl}`), 'expired'), 'PX', ttl);
    await make(other, expected(times(100, `active-${ttl}`), 'expired', 5), 'PX', ttl);
  }
  await Promise.all([deleteKeys(users, parts.a), pause(400)]);
  await until('active expiry', async () => (await other.dbsize()) === 0);

  // Lazy expiry by readers, by SCAN, in transactions and scripts, while clients delete.
  await server.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
  const lazy = expected(times(900, 'lazy'), 'expired');
  const scanned = expected(times(200, 'scanned'), 'expired', 5);
  await make(users, lazy, 'PX', 10);
  await make(other, scanned, 'PX', 10);
  await pause(20);
  const read = async (): Promise<void> => {
    for (let i = 0; i < lazy.length; i += 3) {
      await Promise.all(
        lazy.slice(i, i + 3).map((key, j) => byReaders[((i / 3) * 5 + j) % byReaders.length]!(readers, key)),
      );
    }
  };
  const scan = async (): Promise<void> => {
    for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
      [cursor] = await other.scan(cursor, 'COUNT', 20);
    }
  };
  await Promise.all([deleteKeys(users, parts.b), read(), scan()]);
  await server.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '1');

  // The same keys again and again: expiring, deleted, and made anew.
  const again = times(40, 'again');
  for (let round = 0; round < 5; round++) {
    await make(users, expected(again, 'expired'), 'PX', 2);
    await pause(4);
    await readers.mget(...again);
    await make(users, expected(again, 'user'));
    for (const key of again) await users.del(key);
  }

  // Deletes of more than one key, and of one key named twice, are clients': nobody asks.
  const many = times(100, 'many');
  await make(users, many);
  for (let i = 0; i < many.length; i += 2) await users.del(many[i]!, many[i + 1]!);

  // Eviction, while clients delete.
  const evicted = expected(times(600, 'evicted'), 'evicted');
  await make(users, evicted, 'EX', 10_000);
  await server.ask('CONFIG', 'SET', 'maxmemory-policy', 'volatile-random');
  const limit = server.ask('CONFIG', 'SET', 'maxmemory', '1');
  await Promise.all([deleteAlone(users, parts.c), limit]);
  await until('eviction', async () => (await readers.exists(...evicted)) === 0);
  await server.ask('CONFIG', 'SET', 'maxmemory', '0');
  return truth;
}

/** At the memory limit only DEL and UNLINK are accepted. */
async function deleteAlone(redis: Redis, keys: readonly string[]): Promise<void> {
  for (const [i, key] of keys.entries()) await (i % 2 === 0 ? redis.del(key) : redis.unlink(key));
}

async function judgeStorm(capture: 'master' | 'replica'): Promise<void> {
  const debug = ['--enable-debug-command', 'local', '--repl-backlog-size', '32mb'];
  const [master, replica] = await Promise.all([RedisServer.start(debug), RedisServer.start(debug)]);
  await replica.follow(master);
  const recorder = new VerdictRecorder([master.endpoint, replica.endpoint], capture);
  cleanups.push(() => recorder.close());
  recorder.start();
  await until('attached', () => recorder.position !== null);
  await until('events', async () => (await master.info('pubsub_patterns')) === '2');
  // Backlog and what was read before the first fence is mixed; a delete of ours shows that this is over.
  await until('the first verdict', async () => {
    await master.ask('SET', 'first', 'v');
    await master.ask('DEL', 'first');
    return recorder.verdicts.get('0 first')?.at(-1) === 'user';
  });
  let stopped = false;
  const stumbling = (async () => {
    while (capture === 'replica' && !stopped) {
      replica.signal('SIGSTOP');
      await pause(80);
      replica.signal('SIGCONT');
      await pause(60);
    }
  })();
  const truth = await storm(master);
  stopped = true;
  await stumbling;
  await master.ask('SET', 'last', 'v');
  await master.ask('DEL', 'last');
  await until('the last verdict', () => recorder.verdicts.has('0 last'));
  expect(recorder.alarms.list()).toEqual([]);

  const wrong: string[] = [];
  let ambiguous = 0;
  for (const [key, kinds] of truth) {
    const verdicts = recorder.verdicts.get(key) ?? [];
    const lone = kinds.length === 1;
    const right =
      verdicts.length === kinds.length &&
      kinds.every(
        (kind, i) =>
          verdicts[i] === kind ||
          (!lone && verdicts[i] === 'mixed') ||
          (!lone && kind === 'user' && verdicts[i] === 'expired'),
      );
    if (!right) wrong.push(`${key}: ${kinds.join(' ')} was judged ${verdicts.join(' ')}`);
    if (!lone) ambiguous += verdicts.filter((verdict, i) => verdict !== kinds[i]).length;
  }
  expect(wrong).toEqual([]);
  expect([...recorder.verdicts.keys()].filter((key) => key.startsWith('0 many'))).toEqual([]);
  expect(truth.size).toBeGreaterThanOrEqual(4700);
  const waits = recorder.waits.sort((a, b) => a - b);
  const at = (part: number): string => (waits[Math.floor(waits.length * part)] ?? 0).toFixed(2);
  console.log(
    `${capture}: ${recorder.judged} deletes, ${JSON.stringify(recorder.tallies.deletions)}, ${ambiguous} of 400 on reused keys not exact; wait ms p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(0.9999)}`,
  );
}

test('every delete of a storm is what it was: captured from the master', () => judgeStorm('master'));
test('every delete of a storm is what it was: captured from a replica that lags', () => judgeStorm('replica'));
