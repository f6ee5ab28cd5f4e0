/** Hard cases 14 and 20: scores that are no integers, and conditional ZADD with members that are there. */
import type { Case } from '../support/case.ts';

export const scores: readonly Case[] = [
  {
    name: '14-fractions-one-after-another',
    title: '.1 + .2 + .3 as scores, each at another site: the very double that one server comes to, everywhere',
    run: async (stage) => {
      const key = stage.key('zset');
      await stage.do('a', 'ZINCRBY', key, '.1', 'm');
      await stage.holds(key, { zset: { m: '0.10000000000000001' } });
      await stage.do('b', 'ZINCRBY', key, '.2', 'm');
      await stage.holds(key, { zset: { m: '0.30000000000000004' } });
      await stage.do('c', 'ZINCRBY', key, '.3', 'm');
      await stage.holds(key, { zset: { m: '0.60000000000000009' } });
    },
  },
  {
    name: '14-fractions-apart',
    title: '.1, .2 and .3 added to a score at three sites apart: the newest result, everywhere',
    run: async (stage) => {
      const key = stage.key('zset');
      stage.apart();
      for (const [site, by] of [
        ['b', '.2'],
        ['c', '.3'],
        ['a', '.1'],
      ] as const) {
        await stage.do(site, 'ZINCRBY', key, by, 'm');
        await stage.captured(site);
      }
      await stage.holds(key, { zset: { m: '0.10000000000000001' } });
    },
  },
  {
    name: '20-nx-with-a-present',
    title: 'ZADD NX a 1 b 2 with a present ships b alone: a newer score of a at another site stands',
    run: async (stage) => {
      const key = stage.key('zset');
      await stage.do('c', 'ZADD', key, 5, 'a');
      await stage.settled();
      stage.apart();
      await stage.do('b', 'ZADD', key, 9, 'a');
      await stage.captured('b');
      await stage.do('a', 'ZADD', key, 'NX', 1, 'a', 2, 'b');
      await stage.holds(key, { zset: { a: '9', b: '2' } });
    },
  },
  {
    name: '20-xx-gt-lt',
    title: 'ZADD XX, GT and LT ship what they changed, and of the rest nothing',
    run: async (stage) => {
      const key = stage.key('zset');
      await stage.do('c', 'ZADD', key, 5, 'a', 5, 'b', 5, 'c');
      await stage.settled();
      stage.apart();
      await stage.do('b', 'ZADD', key, 4, 'a', 4, 'b', 6, 'c');
      await stage.captured('b');
      await stage.do('a', 'ZADD', key, 'XX', 8, 'a', 8, 'new');
      await stage.do('a', 'ZADD', key, 'GT', 3, 'b', 7, 'd');
      await stage.do('a', 'ZADD', key, 'LT', 9, 'c', 1, 'e');
      await stage.holds(key, { zset: { a: '8', b: '4', c: '6', d: '7', e: '1' } });
    },
  },
];
