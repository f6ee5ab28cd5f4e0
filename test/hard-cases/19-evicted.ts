/** Hard case 19: writes on keys that another site has evicted. */
import type { Case } from '../support/case.ts';
import type { Content } from '../support/read-content.ts';
import type { Stage } from '../support/stage.ts';

const hour = 3_600_000;

interface Kind {
  readonly make: (key: string) => string[];
  readonly made: Content;
  readonly touch: (key: string) => string[];
  readonly touched: Content;
}

const keyKinds: Readonly<Record<string, Kind>> = {
  hash: {
    make: (k) => ['HSET', k, 'f', '1', 'g', '2'],
    made: { hash: { f: '1', g: '2' } },
    touch: (k) => ['HSET', k, 'h', '3'],
    touched: { hash: { f: '1', g: '2', h: '3' } },
  },
  set: {
    make: (k) => ['SADD', k, 'm', 'n'],
    made: { set: ['m', 'n'] },
    touch: (k) => ['SREM', k, 'm'],
    touched: { set: ['n'] },
  },
  zset: {
    make: (k) => ['ZADD', k, '1', 'm', '2', 'n'],
    made: { zset: { m: '1', n: '2' } },
    touch: (k) => ['ZINCRBY', k, '5', 'm'],
    touched: { zset: { m: '6', n: '2' } },
  },
  list: {
    make: (k) => ['RPUSH', k, 'x', 'y'],
    made: { list: ['x', 'y'] },
    touch: (k) => ['RPUSH', k, 'z'],
    touched: { list: ['x', 'y', 'z'] },
  },
  count: {
    make: (k) => ['SET', k, '5'],
    made: { string: '5' },
    touch: (k) => ['INCR', k],
    touched: { string: '6' },
  },
};

/** Keys with an expiry are made, known everywhere, and evicted at b, those alone. */
async function evictedAtB(
  stage: Stage,
): Promise<{ readonly keys: Readonly<Record<string, string>>; readonly until: number }> {
  const keys: Record<string, string> = {};
  const until = stage.now() + hour;
  for (const [name, { make }] of Object.entries(keyKinds)) {
    const key = stage.key(name);
    keys[name] = key;
    await stage.transaction('a', make(key), ['PEXPIREAT', key, until]);
  }
  await stage.do('a', 'SET', stage.key('kept'), 'v');
  await stage.settled();
  await stage.evict('b', Object.values(keys));
  await stage.captured('b');
  return { keys, until };
}

export const evictions: readonly Case[] = [
  {
    name: '19-evicted-locally',
    title: 'a write on a key that another site evicted brings it back there whole; untouched it stays away there alone',
    own: { names: ['a', 'b'] },
    run: async (stage) => {
      const { keys, until } = await evictedAtB(stage);
      await stage.settled();
      for (const [name, { made }] of Object.entries(keyKinds)) {
        const [atA, atB] = [await stage.read('a', keys[name] ?? ''), await stage.read('b', keys[name] ?? '')];
        if (JSON.stringify(Object.keys(atA.content ?? {})) !== JSON.stringify(Object.keys(made))) {
          throw new Error(`${name} is no longer at a`);
        }
        if (atB.content !== undefined) throw new Error(`${name} is back at b`);
      }
      for (const [name, { touch }] of Object.entries(keyKinds)) await stage.do('a', ...touch(keys[name] ?? ''));
      for (const [name, { touched }] of Object.entries(keyKinds)) await stage.holds(keys[name] ?? '', touched, until);
      await stage.holds(stage.key('kept'), { string: 'v' });
    },
  },
  {
    name: '19-evicted-everywhere',
    title: 'with eviction: replicate, what a site evicts is gone everywhere; what it had not seen is not',
    own: { names: ['a', 'b'] },
    eviction: 'replicate',
    run: async (stage) => {
      const { keys } = await evictedAtB(stage);
      for (const key of Object.values(keys)) await stage.holds(key, undefined);
      await stage.holds(stage.key('kept'), { string: 'v' });
    },
  },
];
