/**
 * Hard case 6: a site that forgets deletions once it has received everybody's clock, though not everybody has settled them. What
 * a site writes that has not heard of a deletion comes long after it, and has to be told from what knew it.
 */
import type { Case } from '../support/case.ts';
import type { Content } from '../support/read-content.ts';

/** Several heartbeats of all sites. */
const longMs = 2500;

interface Write {
  readonly make: (key: string) => string[];
  readonly made: Content;
  readonly touch: (key: string) => string[];
  /** What is left where the deletion is known. */
  readonly left: Content | undefined;
}

const writes: Readonly<Record<string, Write>> = {
  count: {
    make: (k) => ['SET', k, '10'],
    made: { string: '10' },
    touch: (k) => ['INCRBY', k, '5'],
    // It stood on what was deleted.
    left: undefined,
  },
  hash: {
    make: (k) => ['HSET', k, 'f', '1'],
    made: { hash: { f: '1' } },
    touch: (k) => ['HSET', k, 'g', '2'],
    left: { hash: { g: '2' } },
  },
  field: {
    make: (k) => ['HSET', k, 'f', '1'],
    made: { hash: { f: '1' } },
    touch: (k) => ['HINCRBY', k, 'f', '5'],
    left: undefined,
  },
  set: { make: (k) => ['SADD', k, 'm'], made: { set: ['m'] }, touch: (k) => ['SADD', k, 'n'], left: { set: ['n'] } },
  zset: {
    make: (k) => ['ZADD', k, '1', 'm'],
    made: { zset: { m: '1' } },
    touch: (k) => ['ZADD', k, '2', 'n'],
    left: { zset: { n: '2' } },
  },
  list: {
    make: (k) => ['RPUSH', k, 'x'],
    made: { list: ['x'] },
    touch: (k) => ['RPUSH', k, 'y'],
    left: { list: ['y'] },
  },
};

export const forgotten: readonly Case[] = [
  {
    name: '06-deleted-and-long-unheard',
    title:
      'what a site adds that has not heard of a deletion, long after all clocks have passed it: as if it came at once',
    run: async (stage) => {
      const keys = Object.entries(writes).map(([name, write]) => ({ key: stage.key(name), ...write }));
      for (const { key, make } of keys) await stage.do('c', ...make(key));
      await stage.settled();
      // Then what was written is as old as anything.
      await stage.pause(longMs);
      stage.cut('a', 'b');
      for (const { key } of keys) await stage.do('a', 'DEL', key);
      await stage.captured('a');
      for (const { key } of keys) await stage.gone('c', key);
      // A and B hear C, and C hears both: of all clocks one is missing, at B that of A.
      await stage.pause(longMs);
      for (const { key, touch } of keys) await stage.do('b', ...touch(key));
      await stage.captured('b');
      await stage.received('c', 'b');
      await stage.pause(longMs);
      for (const { key, left } of keys) await stage.holds(key, left);
    },
  },
  {
    name: '06-old-write-long-after',
    title: 'a write that is older than a deletion, and comes long after it, brings nothing back',
    run: async (stage) => {
      const keys = Object.entries(writes).map(([name, write]) => ({ key: stage.key(`late:${name}`), ...write }));
      for (const { key, make } of keys) await stage.do('c', ...make(key));
      await stage.settled();
      stage.cut('a', 'b');
      stage.cut('b', 'c');
      for (const { key, touch } of keys) await stage.do('b', ...touch(key));
      await stage.captured('b');
      for (const { key } of keys) await stage.do('a', 'DEL', key);
      await stage.captured('a');
      for (const { key } of keys) await stage.gone('c', key);
      await stage.pause(2 * longMs);
      stage.join('b', 'c');
      for (const { key } of keys) await stage.holds(key, undefined);
    },
  },
];
