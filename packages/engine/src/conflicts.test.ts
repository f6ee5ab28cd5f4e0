/** Conflicts at a whole engine: found once, on record once, whatever crashes. */
import { decodeEntries, type Entry, timeOfUnix } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { EngineSite, type SiteParts } from '../test-support/engine-site.ts';
import { assign, beat, peerTime, unit } from '../test-support/entries.ts';
import type { AuditedConflict } from './audit-record.ts';

const quiet = { heartbeatMs: 1_000_000, ownMarkerMs: 1_000_000 };
const site = (parts: SiteParts = {}): EngineSite => new EngineSite({ limits: quiet, ...parts });

/** A peer's entry that tells what its writer knew of ours. */
const knowing = (entry: Entry, seen: number): Entry => ({ ...entry, seen: [[1, seen]] });

const linesOf = ({ engine }: EngineSite): string[] =>
  engine
    .conflicts(Number.POSITIVE_INFINITY, 100)
    .records.toReversed()
    .map((record) => {
      const { kind, key, cell, winner, loser, outcome } = record as AuditedConflict;
      return `${kind} ${key}[${cell}]: ${winner.site} over ${loser.site}, ${outcome}`;
    });

/** What our own entries tell. */
function entriesOf({ log, engine }: EngineSite): Entry[] {
  return log.read(engine.status().origin, 1, 1e9).flatMap(({ body }) => decodeEntries(body) as Entry[]);
}

const later = ({ timers }: EngineSite, ms: number): number => timeOfUnix(timers.now + ms);

/** A site that has written `k`. */
async function written(parts: SiteParts = {}): Promise<EngineSite> {
  const first = await site(parts).run();
  first.write('SET', 'k', 'ours');
  await first.turn();
  return first;
}

const again = (first: EngineSite): Promise<EngineSite> =>
  site({ redis: first.redis, disk: first.disk, instance: '2' }).run();

describe('our entries tell what we have settled', () => {
  it('all of it first, then what is new, and nothing where nothing is', async () => {
    const one = await written();
    one.write('SET', 'l', '1');
    await one.turn();
    one.receive([unit(1, [assign('x', '1')])]);
    await one.turn();
    one.write('SET', 'm', '1');
    await one.turn();
    expect(entriesOf(one).map(({ seen }) => seen)).toEqual([
      [
        [2, 0],
        [3, 0],
      ],
      undefined,
      [[2, peerTime(1)]],
    ]);
  });

  it('all of it again after a start', async () => {
    const one = await written();
    one.crash();
    const two = await again(one);
    two.write('SET', 'l', '1');
    await two.turn();
    expect(entriesOf(two).at(-1)!.seen).toHaveLength(2);
  });

  it('not what is on its way', async () => {
    const one = await written();
    one.mode = 'hold';
    one.receive([unit(1, [assign('x', '1')])]);
    await one.turn();
    one.write('SET', 'm', '1');
    await one.turn();
    expect(entriesOf(one).at(-1)!.seen).toBeUndefined();
  });
});

describe('a write of ours that another has taken the place of', () => {
  it('is on record, once that has taken effect', async () => {
    const one = await written();
    one.receive([knowing(unit(1, [assign('k', 'theirs')], later(one, 1000)), 0)]);
    await one.turn();
    expect(linesOf(one)).toEqual(['string k[]: b over a, local-lost']);
    expect(one.engine.status()).toMatchObject({
      conflicts: { 'string/local-lost': 1 },
      audit: { kept: 1, recorded: 1, unrecorded: 0 },
    });
  });

  it('is not, where its writer had seen ours', async () => {
    const one = await written();
    one.receive([knowing(unit(1, [assign('k', 'theirs')], later(one, 1000)), later(one, 0) + 100)]);
    await one.turn();
    expect(linesOf(one)).toEqual([]);
  });

  it('goes by W where a peer of an earlier version does not tell', async () => {
    const one = await written();
    one.receive([beat(1, peerTime(1)), unit(2, [assign('k', 'theirs')], later(one, 1000))]);
    await one.turn();
    expect(linesOf(one)).toEqual(['string k[]: b over a, local-lost']);
  });

  it('is on record once, when the process dies after that was decided, and before it was settled', async () => {
    const one = await written();
    one.mode = 'hold';
    one.receive([knowing(unit(1, [assign('k', 'theirs')], later(one, 1000)), 0)]);
    await one.turn();
    expect(linesOf(one)).toEqual([]);
    one.crash();
    const two = await again(one);
    await two.turn();
    expect(linesOf(two)).toEqual(['string k[]: b over a, local-lost']);
    two.crash();
    expect(linesOf(await again(two))).toEqual(['string k[]: b over a, local-lost']);
  });

  it('is on record once, when it ran in Redis and the process died before that was read', async () => {
    const one = await written();
    one.mode = 'hold';
    one.receive([knowing(unit(1, [assign('k', 'theirs')], later(one, 1000)), 0)]);
    await one.turn();
    one.release();
    one.crash();
    const two = await again(one);
    await two.turn();
    expect(two.redis.dump().get('0 k')).toBe('string theirs ttl -1');
    expect(linesOf(two)).toEqual(['string k[]: b over a, local-lost']);
  });
});

describe("another site's write that loses to one of ours", () => {
  it('on its way: on record with ours; and still once, when the process dies before theirs is settled', async () => {
    const one = await written();
    one.mode = 'hold';
    one.receive([knowing(unit(1, [assign('k', 'theirs')], later(one, 1000)), later(one, 0) + 100)]);
    await one.turn();
    one.write('SET', 'k', 'ours again');
    await one.turn();
    expect(linesOf(one)).toEqual(['string k[]: a over b, remote-lost']);
    one.crash();
    const two = await again(one);
    await two.turn();
    expect(two.engine.status().origins).toMatchObject([{ settled: 1 }]);
    expect(linesOf(two)).toEqual(['string k[]: a over b, remote-lost']);
  });

  it('late: on record with theirs', async () => {
    const one = await written();
    one.receive([knowing(unit(1, [assign('k', 'theirs')]), 0)]);
    await one.turn();
    expect(linesOf(one)).toEqual(['string k[]: a over b, remote-lost']);
    one.crash();
    expect(linesOf(await again(one))).toEqual(['string k[]: a over b, remote-lost']);
  });

  it('read again after a crash, ours is on record under the version it has then', async () => {
    const one = await written({ flush: 'auto' });
    one.mode = 'hold';
    one.receive([knowing(unit(1, [assign('k', 'theirs')], later(one, 1000)), later(one, 0) + 100)]);
    await one.turn();
    one.write('SET', 'k', 'ours again');
    one.crash();
    const two = await again(one);
    await two.turn();
    expect(two.redis.dump().get('0 k')).toBe('string ours again ttl -1');
    expect(linesOf(two)).toEqual(['string k[]: a over b, remote-lost']);
  });
});

it('a deletion of ours that a site outlives is on record once, over a start', async () => {
  const one = await written();
  one.write('DEL', 'k');
  await one.turn();
  const added = (member: string) => ({ type: 'member', db: 0, index: 0, key: 'k', member, present: true }) as const;
  one.receive([knowing(unit(1, [added('m')], later(one, 1000)), 0)]);
  await one.turn();
  one.crash();
  const two = await again(one);
  two.receive([knowing(unit(2, [added('n')], later(two, 2000)), 0)]);
  await two.turn();
  expect(linesOf(two)).toEqual(['delete k[]: b over a, local-lost']);
});

it('what a peer knew is remembered over a start', async () => {
  const one = await written();
  one.receive([knowing(unit(1, [assign('x', '1')], later(one, 1000)), later(one, 0) + 100)]);
  await one.turn();
  one.crash();
  const two = await again(one);
  two.receive([unit(2, [assign('k', 'theirs')], later(two, 2000))]);
  await two.turn();
  expect([two.redis.dump().get('0 k'), linesOf(two)]).toEqual(['string theirs ttl -1', []]);
});
