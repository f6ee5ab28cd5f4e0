/** Hard case 4: writes and renewals around the moment at which a key expires elsewhere. */

import type { Case } from '../support/case.ts';
import { inTime } from '../support/in-time.ts';
import type { Content } from '../support/read-content.ts';
import type { Stage } from '../support/stage.ts';

type Words = readonly (string | number)[];

interface Kind {
  readonly make: (key: string) => Words;
  readonly made: Content;
  readonly touch: (key: string) => Words;
}

/** Every kind of key, and a write that adds to it. */
const keyKinds: Readonly<Record<string, Kind>> = {
  hash: {
    make: (k) => ['HSET', k, 'f', '1', 'g', '2'],
    made: { hash: { f: '1', g: '2' } },
    touch: (k) => ['HSET', k, 'h', '3'],
  },
  set: { make: (k) => ['SADD', k, 'm', 'n'], made: { set: ['m', 'n'] }, touch: (k) => ['SADD', k, 'o'] },
  zset: {
    make: (k) => ['ZADD', k, 1, 'm', 2, 'n'],
    made: { zset: { m: '1', n: '2' } },
    touch: (k) => ['ZADD', k, 3, 'o'],
  },
  list: { make: (k) => ['RPUSH', k, 'x', 'y'], made: { list: ['x', 'y'] }, touch: (k) => ['RPUSH', k, 'z'] },
  count: { make: (k) => ['INCRBY', k, 5], made: { string: '5' }, touch: (k) => ['INCR', k] },
  text: { make: (k) => ['SET', k, 'v'], made: { string: 'v' }, touch: (k) => ['APPEND', k, 'w'] },
};

/** Makes a key of every kind at `a`, to expire at one moment, and cuts the links; undefined when that took too long. */
async function expiringApart(
  stage: Stage,
  ttlMs: number,
  number: number,
): Promise<Readonly<Record<string, string>> | undefined> {
  const keys: Record<string, string> = {};
  const at = stage.now() + ttlMs;
  for (const [name, { make }] of Object.entries(keyKinds)) {
    const key = stage.key(`${name}:${number}`);
    keys[name] = key;
    await stage.transaction('a', make(key), ['PEXPIREAT', key, at]);
  }
  await stage.settled();
  stage.apart();
  for (const site of stage.names) {
    for (const key of Object.values(keys)) if ((await stage.do(site, 'PEXPIRETIME', key)) !== at) return undefined;
  }
  return keys;
}

async function allGone(stage: Stage, keys: Readonly<Record<string, string>>, sites: readonly string[]): Promise<void> {
  for (const site of sites) for (const key of Object.values(keys)) await stage.gone(site, key);
}

/**
 * Keys of every kind made at A, to expire, and made again where they have expired. Returns whether that was in time: B still had
 * to tell.
 */
async function takenAgain(stage: Stage, ttlMs: number, seen: boolean, until: number): Promise<boolean> {
  const prefix = stage.key(`${ttlMs}:${seen ? 'seen' : 'unseen'}:`);
  const keys = Object.entries(keyKinds).map(([name, kind]) => ({ key: `${prefix}${name}`, ...kind }));
  const names = keys.map(({ key }) => key);
  await stage.transaction('a', ...keys.flatMap(({ key, make }) => [make(key), ['PEXPIRE', key, ttlMs]]));
  await stage.settled();
  if (seen) stage.apart();
  const call = seen ? undefined : stage.trapCall('a', prefix);
  if (seen) await stage.waitFor('all have expired', async () => (await stage.do('a', 'EXISTS', ...names)) === 0);
  else if ((await stage.do('b', 'EXISTS', ...names)) !== names.length) {
    stage.freeCalls('a');
    return false;
  }
  const held = await call?.caught();
  const unlinks = await calls(stage, 'unlink');
  await stage.transaction('a', ...keys.flatMap(({ key, make }) => [make(key), ['PEXPIREAT', key, until]]));
  held?.release();
  await stage.captured('a');
  for (const { key, made } of keys) await stage.holds(key, made, until);
  const more = (await calls(stage, 'unlink')) - unlinks;
  if (more > 0) throw new Error(`${prefix}: ${more} deletions at a`);
  return true;
}

/** How often a's server ran a command. */
async function calls(stage: Stage, command: string): Promise<number> {
  const stats = String(await stage.do('a', 'INFO', 'commandstats'));
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

const lateMs = 40;

export const expiries: readonly Case[] = [
  {
    name: '04-write-just-before-expiry',
    title: 'a write a moment before expiry that reaches a peer after it leaves no immortal fragment',
    run: (stage) =>
      inTime(async (ttlMs, number) => {
        const keys = await expiringApart(stage, ttlMs, number);
        if (keys === undefined) return false;
        const [last = ''] = Object.values(keys).slice(-1);
        await stage.waitFor('expiry is near', async () => Number(await stage.do('a', 'PTTL', last)) < lateMs, {
          everyMs: 1,
        });
        const touches = Object.entries(keyKinds).map(([name, { touch }]) => touch(keys[name] ?? ''));
        const asked = Object.values(keys).map((key) => ['PTTL', key]);
        const replies = await stage.transaction('a', ...touches, ...asked);
        const left = replies.slice(touches.length);
        if (!left.every((ttl) => Number(ttl) >= 0)) return false;
        await allGone(stage, keys, stage.names);
        for (const key of Object.values(keys)) await stage.holds(key, undefined);
        return true;
      }),
  },
  {
    name: '04-expiry-told-before-it-happens',
    onlyLive: 'a server that does not expire by itself',
    title: 'a site that is slow to expire, and has written meanwhile, hears of the expiry first: no immortal fragment',
    own: { names: ['a', 'b'], redisArgs: ['--enable-debug-command', 'local'] },
    run: (stage) =>
      inTime(async (ttlMs, number) => {
        // Then an expired key goes only when somebody looks for it.
        await stage.do('b', 'DEBUG', 'SET-ACTIVE-EXPIRE', 0);
        const keys = await expiringApart(stage, ttlMs, number);
        if (keys === undefined) return false;
        const touches = Object.entries(keyKinds).map(([name, { touch }]) => touch(keys[name] ?? ''));
        const asked = Object.values(keys).map((key) => ['PTTL', key]);
        const replies = await stage.transaction('b', ...touches, ...asked);
        if (!replies.slice(touches.length).every((ttl) => Number(ttl) >= 0)) return false;
        await allGone(stage, keys, ['a']);
        await stage.captured('a');
        await stage.settled();
        for (const key of Object.values(keys)) await stage.holds(key, undefined);
        return true;
      }),
  },
  {
    name: '04-renewal-against-expiry',
    title: 'a renewal beats the expiry of a site that did not know it: the key is whole everywhere, of every kind',
    run: (stage) =>
      inTime(async (ttlMs, number) => {
        const keys = await expiringApart(stage, ttlMs, number);
        if (keys === undefined) return false;
        const until = stage.now() + 3_600_000;
        const renewals = Object.values(keys).map((key) => ['PEXPIREAT', key, until]);
        if (!(await stage.transaction('a', ...renewals)).every((reply) => reply === 1)) return false;
        await allGone(stage, keys, ['b', 'c']);
        for (const [name, { made }] of Object.entries(keyKinds)) await stage.holds(keys[name] ?? '', made, until);
        return true;
      }),
  },
  {
    name: '04-taken-again-elsewhere-expired',
    onlyLive: 'a server that does not expire by itself',
    title:
      'a key made again where it expired is left alone by the expiry that other sites tell: nothing is written to it',
    own: { names: ['a', 'b'], redisArgs: ['--enable-debug-command', 'local'], applyThroughProxy: ['a'] },
    run: async (stage) => {
      // Then an expired key goes only when somebody looks for it, and the other site always tells first.
      await stage.do('a', 'DEBUG', 'SET-ACTIVE-EXPIRE', 0);
      const until = stage.now() + 3_600_000;
      // The longer one is forgotten by the time it has passed. Made again before, or after, the other site's word is decided on.
      for (const firstMs of [200, 5_000]) {
        for (const seen of [true, false]) {
          let ttlMs = firstMs;
          while (!(await takenAgain(stage, ttlMs, seen, until))) ttlMs *= 2;
        }
      }
      const reasserted = await stage.corrections('a', 'reassert');
      if (reasserted > 0) throw new Error(`${reasserted} corrections at a`);
    },
  },
  {
    name: '04-made-anew-by-a-move',
    title: 'what is moved, or added on a condition, to a key that has expired or was emptied has no expiry anywhere',
    run: async (stage) => {
      const anew: [string, Words, Words, Words, Content][] = [
        ['list', ['RPUSH', 'KEY', 'x'], ['LPOP', 'KEY'], ['LMOVE', 'FROM', 'KEY', 'LEFT', 'LEFT'], { list: ['moved'] }],
        ['zset', ['ZADD', 'KEY', 1, 'm'], ['ZREM', 'KEY', 'm'], ['ZADD', 'KEY', 'GT', 7, 'n'], { zset: { n: '7' } }],
      ];
      for (const [kind, make, empty, again, made] of anew) {
        for (const ends of ['expired', 'emptied']) {
          const [key, from] = [stage.key(`${kind}:${ends}`), stage.key(`${kind}:${ends}:from`)];
          const on = (words: Words): Words =>
            words.map((word) => (word === 'KEY' ? key : word === 'FROM' ? from : word));
          await stage.transaction('a', on(make), ['PEXPIRE', key, ends === 'expired' ? 200 : 100_000]);
          await stage.do('a', 'RPUSH', from, 'moved');
          if (ends === 'expired') await stage.gone('a', key);
          else await stage.do('a', ...on(empty));
          await stage.captured('a');
          await stage.do('a', ...on(again));
          await stage.holds(key, made);
        }
      }
    },
  },
  {
    name: '04-counter-restarts',
    title:
      'a counter that expired everywhere while links were cut restarts from one base: increments of all sites count',
    run: (stage) =>
      inTime(async (ttlMs, number) => {
        const keys = await expiringApart(stage, ttlMs, number);
        if (keys === undefined) return false;
        await allGone(stage, keys, stage.names);
        const key = keys.count ?? '';
        await stage.do('a', 'INCRBY', key, 2);
        await stage.do('b', 'INCRBY', key, 3);
        await stage.do('c', 'INCRBY', key, 10);
        await stage.holds(key, { string: '15' });
        return true;
      }),
  },
];
