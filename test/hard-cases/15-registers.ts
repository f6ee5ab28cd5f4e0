/** Hard cases 15 and 21: the expiry register of keys that are overwritten, emptied, made anew and expired. */

import type { Case } from '../support/case.ts';
import { inTime } from '../support/in-time.ts';
import type { Stage } from '../support/stage.ts';

const hour = 3_600_000;

export const registers: readonly Case[] = [
  {
    name: '15-keepttl-against-a-root',
    title:
      'SET KEEPTTL against SET, DEL and EXPIRE of another site, older and newer: value and expiry by their versions',
    run: async (stage) => {
      const until = stage.now() + hour;
      const later = until + hour;
      const writes = {
        set: (key: string) => ['SET', key, 'root'],
        setpx: (key: string) => ['SET', key, 'root', 'PXAT', later],
        del: (key: string) => ['DEL', key],
        expire: (key: string) => ['PEXPIREAT', key, later],
        persist: (key: string) => ['PERSIST', key],
      };
      const keep = (key: string): string[] => ['SET', key, 'kept', 'KEEPTTL'];
      const names = Object.keys(writes) as (keyof typeof writes)[];
      const keyOf = (name: string, place: string): string => stage.key(`${name}:${place}`);
      for (const place of ['older', 'newer']) {
        await stage.send(
          'c',
          names.map((name) => ['SET', keyOf(name, place), 'v', 'PXAT', until]),
        );
      }
      await stage.settled();
      stage.apart();
      await stage.send(
        'a',
        names.map((name) => writes[name](keyOf(name, 'older'))),
      );
      await stage.send(
        'b',
        names.map((name) => keep(keyOf(name, 'newer'))),
      );
      await stage.captured('a', 'b');
      await stage.send(
        'b',
        names.map((name) => keep(keyOf(name, 'older'))),
      );
      await stage.send(
        'a',
        names.map((name) => writes[name](keyOf(name, 'newer'))),
      );
      await stage.settled();
      await stage.holds(keyOf('set', 'older'), { string: 'kept' });
      await stage.holds(keyOf('setpx', 'older'), { string: 'kept' }, later);
      await stage.holds(keyOf('del', 'older'), { string: 'kept' });
      await stage.holds(keyOf('expire', 'older'), { string: 'kept' }, later);
      await stage.holds(keyOf('persist', 'older'), { string: 'kept' });
      await stage.holds(keyOf('set', 'newer'), { string: 'root' });
      await stage.holds(keyOf('setpx', 'newer'), { string: 'root' }, later);
      await stage.holds(keyOf('del', 'newer'), undefined);
      await stage.holds(keyOf('expire', 'newer'), { string: 'kept' }, later);
      await stage.holds(keyOf('persist', 'newer'), { string: 'kept' });
    },
  },
  {
    name: '15-emptied-and-made-anew',
    title: 'a key that had a TTL, was emptied by removing elements and made again, has none, everywhere',
    run: async (stage) => {
      const until = stage.now() + hour;
      const keys = { set: stage.key('set'), hash: stage.key('hash'), zset: stage.key('zset'), list: stage.key('list') };
      await stage.transaction('c', ['SADD', keys.set, 'm'], ['PEXPIREAT', keys.set, until]);
      await stage.transaction('c', ['HSET', keys.hash, 'f', '1'], ['PEXPIREAT', keys.hash, until]);
      await stage.transaction('c', ['ZADD', keys.zset, 1, 'm'], ['PEXPIREAT', keys.zset, until]);
      await stage.transaction('c', ['RPUSH', keys.list, 'x'], ['PEXPIREAT', keys.list, until]);
      await stage.settled();
      await stage.send('a', [
        ...[
          ['SREM', keys.set, 'm'],
          ['HDEL', keys.hash, 'f'],
          ['ZREM', keys.zset, 'm'],
          ['LPOP', keys.list],
        ],
        ...[
          ['SADD', keys.set, 'n'],
          ['HSET', keys.hash, 'g', '2'],
          ['ZADD', keys.zset, 2, 'n'],
          ['RPUSH', keys.list, 'y'],
        ],
      ]);
      await stage.holds(keys.set, { set: ['n'] });
      await stage.holds(keys.hash, { hash: { g: '2' } });
      await stage.holds(keys.zset, { zset: { n: '2' } });
      await stage.holds(keys.list, { list: ['y'] });
    },
  },
  {
    name: '15-emptied-against-an-add',
    title: 'a set that had a TTL, emptied and made again at one site, added to at another: both members, no expiry',
    run: async (stage) => {
      const key = stage.key('set');
      await stage.transaction('c', ['SADD', key, 'm'], ['PEXPIREAT', key, stage.now() + hour]);
      // Not longer: versions of what has been at rest everywhere are forgotten.
      for (const site of stage.names)
        await stage.waitFor(`${key} is at ${site}`, async () => Number(await stage.do(site, 'PTTL', key)) > 0);
      await emptiedAgainstAnAdd(stage, key);
      await stage.holds(key, { set: ['n', 'o'] });
    },
  },
  {
    name: '15-emptied-long-after',
    title: 'the same where nobody remembers the key: both members, and one expiry, or none, everywhere',
    run: async (stage) => {
      const key = stage.key('set');
      const until = stage.now() + hour;
      await stage.transaction('c', ['SADD', key, 'm'], ['PEXPIREAT', key, until]);
      await stage.settled();
      await stage.pause(3_000);
      await stage.settled();
      await emptiedAgainstAnAdd(stage, key);
      await stage.holds(key, { set: ['n', 'o'] }, 'whatever');
      const [{ expiry } = { expiry: 0 }] = await stage.same([key]);
      if (expiry !== -1 && expiry !== until) throw new Error(`${key} expires at ${expiry}, which nobody said`);
    },
  },
  {
    name: '21-emptied-then-expired',
    title: 'keys emptied, made again and expired: a renewal elsewhere beats the expiry',
    run: (stage) =>
      inTime(async (ttlMs, number) => {
        const keys = twelve(stage, `${number}`);
        const renewed = await renewedBeside(stage, keys, ttlMs);
        if (renewed === undefined) return false;
        for (const key of keys) await stage.holds(key, { set: ['n'] }, renewed);
        return true;
      }),
  },
  {
    name: '21-deleted-once-expired',
    title: 'keys expired, made again and deleted by a user: a renewal elsewhere beats the expiry, not the user',
    run: (stage) =>
      inTime(async (ttlMs, number) => {
        const kept = twelve(stage, `${number}:kept`);
        const deleted = twelve(stage, `${number}:deleted`);
        const renewed = await renewedBeside(stage, [...kept, ...deleted], ttlMs);
        if (renewed === undefined) return false;
        // Made again by a user, and deleted: a delete of the same key as the expiry's.
        await stage.send(
          'a',
          deleted.flatMap((key) => [
            ['SADD', key, 'p'],
            ['DEL', key],
          ]),
        );
        for (const key of kept) await stage.holds(key, { set: ['n'] }, renewed);
        for (const key of deleted) await stage.holds(key, undefined);
        return true;
      }),
  },
];

function twelve(stage: Stage, name: string): readonly string[] {
  return Array.from({ length: 12 }, (_, i) => stage.key(`${name}:${i}`));
}

/**
 * Keys emptied, made again, and expired at A, while B, cut off, renews them. Returns until when they live at B; undefined when
 * that came too late.
 */
async function renewedBeside(stage: Stage, keys: readonly string[], ttlMs: number): Promise<number | undefined> {
  const until = stage.now() + ttlMs;
  // Emptied by SREM, without a delete in the stream; then made again, to expire.
  await stage.send(
    'a',
    keys.flatMap((key) => [
      ['SADD', key, 'm'],
      ['PEXPIRE', key, hour],
      ['SREM', key, 'm'],
      ['SADD', key, 'n'],
    ]),
  );
  await stage.send(
    'a',
    keys.map((key) => ['PEXPIREAT', key, until]),
  );
  await stage.settled();
  stage.apart();
  const renewed = stage.now() + hour;
  const replies = await stage.send(
    'b',
    keys.map((key) => ['PEXPIREAT', key, renewed]),
  );
  if (!replies.every((reply) => reply === 1)) return undefined;
  for (const key of keys) await stage.gone('a', key);
  await stage.captured('a', 'b');
  return renewed;
}

/** A set of one member is emptied and made again at a, and added to at b, which does not know. */
async function emptiedAgainstAnAdd(stage: Stage, key: string): Promise<void> {
  stage.apart();
  await stage.do('a', 'SREM', key, 'm');
  await stage.do('a', 'SADD', key, 'n');
  await stage.captured('a');
  await stage.do('b', 'SADD', key, 'o');
}
