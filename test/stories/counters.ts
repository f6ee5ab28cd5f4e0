/** Stories of numbers: rate limiters, a leaderboard, counters by site. */
import type { Case } from '../support/case.ts';
import type { Stage } from '../support/stage.ts';

/** Sites write in rounds; now and then two of them do not hear of each other for a while. */
async function inRounds(
  stage: Stage,
  rounds: number,
  write: (site: string, round: number) => Promise<unknown>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const [one = 'a', other = 'b'] = stage.names.toSorted(() => stage.random.next() - 0.5);
    if (stage.random.chance(0.5)) stage.cut(one, other);
    await Promise.all(stage.names.map((site) => write(site, round)));
    if (stage.random.chance(0.5)) stage.join(one, other);
  }
}

export const counters: readonly Case[] = [
  {
    name: 'rate-limiter-counting',
    title: 'a rate limiter by INCR and EXPIRE is exact while its window is open',
    run: async (stage) => {
      const open = stage.key('open');
      let hits = 0;
      await inRounds(stage, 30, async (site) => {
        const times = stage.random.integer(1, 5);
        hits += times;
        for (let i = 0; i < times; i++) await stage.transaction(site, ['INCR', open], ['EXPIRE', open, 3600, 'NX']);
      });
      await stage.holds(open, { string: String(hits) }, 'some');
    },
  },
  {
    name: 'rate-limiter-closing',
    title: 'rate limiters whose windows close and open again at three sites all close in the end',
    run: async (stage) => {
      const keys = Array.from({ length: 20 }, (_, i) => stage.key(String(i)));
      await inRounds(stage, 60, async (site) => {
        const key = stage.random.pick(keys);
        await stage.transaction(site, ['INCR', key], ['PEXPIRE', key, stage.random.integer(20, 150), 'NX']);
        await stage.pause(stage.random.integer(0, 30));
      });
      await stage.settled();
      const found = await stage.same(keys);
      const immortal = keys.filter((_, i) => found[i]?.content !== undefined && found[i].expiry < 0);
      if (immortal.length > 0) throw new Error(`without an expiry: ${immortal.join(', ')}`);
    },
  },
  {
    name: 'rate-limiter-window',
    title: 'a rate limiter by ZADD and ZREMRANGEBYSCORE ends equal: what is in the last window, each hit once',
    run: async (stage) => {
      const key = stage.key('window');
      const hits: number[] = [];
      const window = 10;
      const rounds = 30;
      await inRounds(stage, rounds, async (site, round) => {
        const member = `${site}:${round}`;
        hits.push(round);
        const trim = ['ZREMRANGEBYSCORE', key, '-inf', `(${round - window}`];
        await stage.transaction(site, trim, ['ZADD', key, round, member], ['ZCARD', key], ['EXPIRE', key, 3600]);
      });
      await stage.settled();
      await stage.do('a', 'ZREMRANGEBYSCORE', key, '-inf', `(${rounds - window}`);
      const left = stage.names.flatMap((site) =>
        Array.from({ length: window }, (_, i) => [`${site}:${rounds - window + i}`, String(rounds - window + i)]),
      );
      await stage.holds(key, { zset: Object.fromEntries(left) }, 'some');
    },
  },
  {
    name: 'leaderboard',
    title: 'a leaderboard by ZINCRBY at three sites is exact',
    run: async (stage) => {
      const key = stage.key('board');
      const totals: Record<string, number> = {};
      await inRounds(stage, 25, async (site) => {
        const commands = Array.from({ length: stage.random.integer(1, 20) }, () => {
          const player = `player ${stage.random.integer(1, 12)}`;
          const points = stage.random.integer(-20, 50);
          totals[player] = (totals[player] ?? 0) + points;
          return ['ZINCRBY', key, points, player];
        });
        await stage.send(site, commands);
      });
      const scores = Object.entries(totals).map(([player, points]) => [player, String(points)]);
      await stage.holds(key, { zset: Object.fromEntries(scores) });
    },
  },
  {
    name: 'counters-by-site',
    title: 'a hash with a counter for each site, and one for all, is exact',
    run: async (stage) => {
      const [set, counted] = [stage.key('set'), stage.key('counted')];
      const own: Record<string, number> = {};
      let all = 0;
      await stage.do('a', 'HSET', set, 'A', 5);
      await stage.do('b', 'HSET', set, 'B', 3);
      await inRounds(stage, 25, async (site) => {
        const by = stage.random.integer(-3, 9);
        own[site] = (own[site] ?? 0) + by;
        all += by;
        await stage.transaction(site, ['HINCRBY', counted, site, by], ['HINCRBY', counted, 'all', by]);
      });
      await stage.holds(set, { hash: { A: '5', B: '3' } });
      const fields = Object.entries({ ...own, all }).map(([field, value]) => [field, String(value)]);
      await stage.holds(counted, { hash: Object.fromEntries(fields) });
    },
  },
];
