/** The simulator: seeds that have found something, some of every run, and that it is determined by its seed. */
import { describe, expect, it } from 'vitest';
import type { Group } from '../differential/row.ts';
import { simulate } from './sim-run.ts';

const writes = 300;
/** Faults that there were not yet when the seeds below were found. */
const without = ['more'];

/** Seeds that have found a fault, with the number of sites, and what it was. */
const regressions: readonly (readonly [what: string, seed: number, sites: number, faults: boolean])[] = [
  ['an element of a contested list was forgotten too early', 994, 4, false],
  ['so were two', 1537, 3, false],
  ['a stream entry was to move where another had been added', 921, 3, false],
  ['an appended string had expired beneath the command that was run on it', 423, 5, false],
  ['an increment whose base had expired was put back with an expiry', 31464, 2, false],
  ['a pop took a score that was yet to be read', 31585, 3, false],
  ['a comparison could not say that a key is gone', 30787, 5, false],
  ['a fence that had failed was seen, and waited for', 50004, 2, true],
  ['likewise, of three sites', 50405, 3, true],
  ['what was added again to a list was taken for new after a crash, and added again twice', 90233, 3, true],
  ['likewise, three times', 90097, 3, true],
  [
    'the logs of several sites were replayed one after the other, so that a command came before what it stands on',
    101125,
    3,
    true,
  ],
  ['likewise, a push', 60995, 5, true],
  ['likewise, bits', 90077, 3, true],
  ['a state that had been passed over was taken for what the key holds', 210154, 4, true],
  ['likewise, of five sites', 310851, 5, true],
  ['an increment was made when its site had forgotten the expiry, and others had not', 11788, 2, false],
  ['bits were set, likewise', 11122, 4, false],
  ['a key was made anew on an end that others took for older', 21346, 4, false],
  ['a SET KEEPTTL that came late was put back without its expiry', 31408, 2, false],
  ['an expiry that was over was given to a new key', 70317, 3, false],
  ['an increment upon an end was given the expiry before', 61242, 4, true],
];

/** The same among rate limiters and locks, with the number of sites that write. */
const limiting: readonly (readonly [...(typeof regressions)[number], writers: number | undefined])[] = [
  ['what was added to a key that had expired elsewhere never expired', 1185, 3, false, 1],
  ['likewise, where the expiring site alone remembered when', 1138, 4, false, 1],
  ['a delete that nobody knew for an expiry left others the key for ever', 26, 4, false, undefined],
  ['a key that its site had made anew was given an expiry that was over', 400024, 2, false, undefined],
  ['likewise, a stream', 420232, 2, false, undefined],
  ['an increment stood on an end that its site had confirmed since', 510788, 2, true, undefined],
  ['a score was increased before it was read, and never told', 521027, 5, false, undefined],
];

/** The same after crashes amid conflicts on lists: elements were lost. */
const crashing: readonly (readonly [what: string, seed: number, sites: number, groups: readonly Group[]])[] = [
  ['what was asked for, and was in no log yet, was never asked for again', 600236, 2, ['lists']],
  ['which of two commands was run was judged by the order of their times', 600314, 4, ['lists']],
  ['a state told what came before it and was not in it', 600457, 3, ['lists']],
  ['likewise, of five sites', 610043, 5, ['lists', 'keys', 'expiry']],
  ['likewise, of four', 610426, 4, ['lists', 'keys', 'expiry']],
];

/** The same with all faults that are older than them, where the seed chooses whether there are rate limiters. */
const hostile: readonly (readonly [what: string, seed: number, sites: number])[] = [
  ['an increment stood on an expiry elsewhere that its own renewal made void', 4000222, 4],
  ['a key that had expired elsewhere was told as deleted: what was added to it there never expired', 4000274, 4],
  ['an expiry was taken for set that an earlier process had not sent', 3400224, 2],
  ['a delete was no expiry, as its site had forgotten when the key was to expire', 5000138, 4],
  ['likewise, after a crash', 5000812, 2],
  ['elements were taken away by one call, and not added again as another was on its way at the crash', 5000529, 3],
  ['a counter stayed at the end of 64 bits where what it stood on was forgotten', 5001222, 4],
  ['a key lost its expiry with the second of two ends, as its writer had forgotten the first', 5001349, 3],
  ['a key that had expired unseen was put back without its expiry, as another site had forgotten that', 162749860, 2],
  ['likewise, without a crash at that site', 162751252, 2],
  ['a list that its site had emptied before a restart kept its expiry elsewhere', 8001476, 2],
  ['a command of another site counted after a restart that an older state had overwritten', 162751126, 4],
  ['what came to a key as it expired had no expiry, as another site had forgotten that', 9008112, 2],
  ['the marker of an earlier process, brought back by SWAPDB, was taken for a rival', 9211712, 2],
  ['likewise, while commands waited', 9210936, 2],
  ['a key that was told to who lacked it was compared before that had been heard, and stayed unequal', 7400095, 5],
  ['two sites at which a key had expired waited for each other to tell it; a stream entry left no last ID', 9211445, 3],
  ['a stream that an end had taken a part of stayed whole', 9002552, 2],
  ['what a site made anew of an ended key after a restart expired elsewhere', 9004753, 3],
  ['a site that crashed did not answer what it had been asked', 9000769, 3],
];

/** The same in worlds with replicas, or with evictions. */
const serving: readonly (readonly [what: string, seed: number, sites: number, fault: 'eviction' | 'failover'])[] = [
  ['a call that a lost master had answered was waited for', 89, 3, 'failover'],
  ['likewise, of two sites', 108, 2, 'failover'],
  ['likewise, of four', 126, 4, 'failover'],
  ['what was added to an evicted key just after stood there alone', 19, 5, 'eviction'],
  ['two sites asked each other for what both had evicted', 284, 2, 'eviction'],
  ['a set was deleted everywhere that one site had evicted', 210, 4, 'eviction'],
  ['what was added to an evicted set just after was told for all of it', 5, 3, 'eviction'],
  ['a consumer group that arrived on an evicted stream stood there alone', 8001003, 5, 'eviction'],
  ['what a correction wrote on an evicted stream stood there alone', 8003461, 3, 'eviction'],
  ['what had been added to an evicted counter outlived its window, and was counted up', 8001545, 3, 'eviction'],
  ['the marker that one site had evicted was asked for, and told', 9200073, 3, 'eviction'],
  [
    'a counter whose expiry was over was told as deleted by a site that had evicted it before its restart',
    9211421,
    3,
    'eviction',
  ],
  [
    'a rate limiter that all sites had evicted was told as gone, and deleted where it had been made anew',
    9660536,
    2,
    'eviction',
  ],
  [
    'what a call had left of a rate limiter that all sites had evicted was told for all of it',
    510096252,
    2,
    'eviction',
  ],
  ['what was passed on of a site that is out was lost by a crash, and never passed on again', 9660050, 4, 'eviction'],
  ['a state that came to nothing ended an eviction: a list was told as emptied', 9211630, 4, 'eviction'],
  ['a site was asked by two for what it wanted itself, and had asked nobody for', 9211473, 3, 'eviction'],
  [
    'an expiry that a restart had read back was forgotten again: its key had been evicted, and came without it',
    41740236,
    2,
    'eviction',
  ],
  ['what another site told of a sorted set was taken for popped before it came', 9211929, 3, 'eviction'],
  ['a rate limiter that a site had evicted before its restart had no expiry after it', 9701364, 2, 'eviction'],
];

/** Worlds as they come, with every kind of fault that they draw. */
const whole: readonly (readonly [what: string, seed: number, sites: number])[] = [
  ['a key that had expired here before a restart was made again with the expiry of what had ended', 9002288, 2],
  ['what was popped from a sorted set came back, as a pop of before that was still counted as missed', 9004336, 2],
  [
    'a key stayed where it was forgotten, as its deletion elsewhere had not seen what a site that is out never wrote',
    9006766,
    4,
  ],
  ['two sites asked each other for a key that had expired at both', 9009580, 2],
  ['a key that its site had made anew expired elsewhere, after a restart', 9001060, 2],
  ['what came to a key as it expired had no expiry, as another site had forgotten that', 9007360, 2],
  ['an increment stood on an end that the key had been made anew after, as only that was remembered', 41720540, 2],
  ['a marker of an earlier process that SWAPDB brought back was taken for another replicator', 9000184, 2],
  ['likewise, of three sites', 9000417, 3],
  ['an expiry that came when a key was gone stayed elsewhere when the key was made again and read', 9002312, 2],
  ['a consumer made a stream where it lived, and none where it had been deleted', 73300160, 2],
  ['what a flush showed to be missing of a list was waited for, and nobody asked', 9004746, 4],
  ['a list that another site had emptied was made anew, and kept its expiry elsewhere', 83001378, 4],
  ['a field that an increment by 0 had made before a restart stayed where the key was deleted', 9701437, 3],
  [
    'what a site had added to a list that it had evicted was told for all of it, as the other was not heard',
    9500612,
    2,
  ],
  ['what a site made anew after it had forgotten its expiry had that again after a restart', 9702069, 3],
  ['a key whose correction was on its way at a crash was taken for gone, and made anew without an expiry', 9709598, 4],
  ['an evicted value that another site wrote anew, keeping its expiry, came without that', 9704249, 3],
  ['what was added on conditions to a key that had ended long ago expired elsewhere', 9901849, 3],
  [
    'a consumer group was made anew with a stream that had been deleted; a field was lost to what came in answer',
    9924478,
    4,
  ],
  ['what was popped empty and made anew had its old expiry after a restart', 9929008, 2],
  ['a hash that a site made anew of a string that it had evicted expired where that was remembered', 9940078, 4],
  ['an increment upon an end waited where that was void by a renewal, and its key was told as gone', 9923236, 2],
  ['an answer to what had been asked before a crash was numbered before the unit that it came with', 9703300, 2],
  ['what a site had added to an evicted rate limiter was deleted as expired, though it had been renewed', 9820391, 5],
  [
    'an end did not take away what its site had read back from its log, and what nobody else had written to',
    770005409,
    3,
  ],
  ['what was pushed over a moved element, before that was read, was told for it', 770008023, 5],
  ['a call of an earlier process, that had forgotten the expiry, made a key anew without it', 809267468, 2],
  ['a key made anew long after it had expired stayed where its deletion was taken for that', 645272272, 2],
];

/** The same of some groups of commands alone. */
const partly: readonly (readonly [
  what: string,
  seed: number,
  sites: number,
  groups: readonly Group[],
  limiters: boolean | undefined,
])[] = [
  [
    'an evicted key was waited for that the site asked took for evicted there, too',
    880000572,
    2,
    ['lists', 'expiry', 'keys'],
    undefined,
  ],
  [
    'a list that a call made again behind its deletion here was taken for gone',
    881001556,
    2,
    ['lists', 'expiry', 'keys'],
    undefined,
  ],
  [
    'what a call had put behind a deletion stayed, where its site was restarted before it had taken that away',
    895000529,
    3,
    ['strings', 'hashes', 'expiry', 'keys'],
    true,
  ],
];

/** The same in worlds that a site leaves for good. They draw that themselves, and rate limiters, evictions and replicas with it. */
const departing: readonly (readonly [what: string, seed: number, sites: number])[] = [
  ['an evicted marker was asked of a site that is out, again and again', 8001594, 4],
  ['an evicted key was asked of a site that is out, again and again', 8003322, 4],
  ['a world waited for the answers of a site that had gone, before that was declared out', 8002769, 3],
  ['likewise, for its clock before keys are compared', 8003726, 4],
  ['likewise, of five sites', 8003891, 5],
];

/** Worlds in which keys go to a store. */
const spilling: readonly (readonly [what: string, seed: number, sites: number])[] = [
  ['a value that an earlier process had passed over, as its key was deleted, was taken for written', 9660514, 4],
  ['an entry that an earlier process had sent stayed where its database had been flushed before it came', 9650686, 4],
  ['an entry was lost whose place a call had taken that an earlier process had sent', 890001257, 3],
];

/** The same where one is asked to. */
const leaving: readonly (readonly [what: string, seed: number, sites: number])[] = [
  ['what a site compared that had declared another out was passed over by one that had not yet', 9200857, 3],
  ['a stream kept an entry that its site had deleted, where another entry lived', 9740171, 5],
  ['an evicted key was waited for that had been asked of a site that is out since', 9670965, 3],
  ['what was delivered of a deleted stream entry was counted to another that was added at its ID', 9650363, 5],
  ['what a site deleted after another had gone stayed where the last of that one was forgotten', 7400930, 4],
];

describe('the simulator', () => {
  it.each(regressions)('finds no more that %s (seed %i)', async (_what, seed, sites, faults) => {
    expect((await simulate({ seed, sites, writes, faults, limiters: false, without })).wrong).toEqual([]);
  });

  it.each(limiting)('finds no more that %s (seed %i)', async (_what, seed, sites, faults, sitesThatWrite) => {
    const writers = sitesThatWrite ?? sites;
    expect((await simulate({ seed, sites, writes, faults, writers, limiters: true, without })).wrong).toEqual([]);
  });

  it.each(hostile)('finds no more that %s (seed %i)', async (_what, seed, sites) => {
    expect((await simulate({ seed, sites, writes: 380, without: ['servers', 'out', 'spill'] })).wrong).toEqual([]);
  });

  it.each(crashing)('finds no more that %s (seed %i)', async (_what, seed, sites, groups) => {
    expect((await simulate({ seed, sites, writes, groups, without })).wrong).toEqual([]);
  });

  it.each(serving)('finds no more that %s (seed %i)', { timeout: 60_000 }, async (_what, seed, sites, fault) => {
    const other = fault === 'failover' ? ['eviction'] : [];
    expect((await simulate({ seed, sites, writes: 380, asked: [fault], without: other })).wrong).toEqual([]);
  });

  it.each(whole)('finds no more that %s (seed %i)', { timeout: 60_000 }, async (_what, seed, sites) => {
    expect((await simulate({ seed, sites, writes: 380 })).wrong).toEqual([]);
  });

  it.each(partly)(
    'finds no more that %s (seed %i)',
    { timeout: 60_000 },
    async (_what, seed, sites, groups, limiters) => {
      const asked = limiters === undefined ? {} : { limiters };
      expect((await simulate({ seed, sites, writes: 380, groups, ...asked })).wrong).toEqual([]);
    },
  );

  it.each(departing)('finds no more that %s (seed %i)', { timeout: 60_000 }, async (_what, seed, sites) => {
    const { wrong, situations } = await simulate({ seed, sites, writes: 380 });
    expect(wrong).toEqual([]);
    // Another chance would have it that nobody goes.
    expect(situations.get('site declared out resync-required')).toBe(1);
  });

  it.each(spilling)('finds no more that %s (seed %i)', { timeout: 60_000 }, async (_what, seed, sites) => {
    expect((await simulate({ seed, sites, writes: 380, asked: ['spill'] })).wrong).toEqual([]);
  });

  it.each(leaving)('finds no more that %s (seed %i)', { timeout: 60_000 }, async (_what, seed, sites) => {
    const { wrong, situations } = await simulate({ seed, sites, writes: 380, asked: ['out'] });
    expect(wrong).toEqual([]);
    expect(situations.get('site declared out')).toBe(1);
  });

  it.each([
    ['calm', false],
    ['hostile', true],
  ])('finds nothing in the first %s worlds', { timeout: 60_000 }, async (_title, faults) => {
    for (let seed = 1; seed <= 40; seed++) {
      const sites = 2 + (seed % 4);
      const { wrong } = await simulate({ seed, sites, writes, faults });
      expect(wrong, `npm run sim -- --seeds 1 --seed ${seed} --sites ${sites}${faults ? '' : ' --calm'}`).toEqual([]);
    }
  });

  it('has a second replicator with an empty log stop, and nothing is lost', { timeout: 60_000 }, async () => {
    let stopped = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const { wrong, situations } = await simulate({ seed, sites: 2 + (seed % 4), writes, asked: ['rival'] });
      expect(wrong, `npm run sim -- --seeds 1 --seed ${seed} --steps ${writes} --with rival`).toEqual([]);
      stopped += situations.get('second replicator resync-required') ?? 0;
    }
    expect(stopped).toBeGreaterThan(0);
  });

  it('has keys go to a store and come back, and nothing is lost', { timeout: 60_000 }, async () => {
    let [spilled, back, forgotten] = [0, 0, 0];
    for (let seed = 1; seed <= 12; seed++) {
      const { wrong, situations } = await simulate({ seed, sites: 2 + (seed % 4), writes, asked: ['spill'] });
      expect(wrong, `npm run sim -- --seeds 1 --seed ${seed} --steps ${writes} --with spill`).toEqual([]);
      spilled += situations.get('key spilled') ?? 0;
      back += situations.get('spilled key came back') ?? 0;
      forgotten += situations.get('spilled key forgotten') ?? 0;
    }
    expect(Math.min(spilled, back, forgotten)).toBeGreaterThan(100);
  });

  it('has a site declared out, and the others end equal without it', { timeout: 60_000 }, async () => {
    let [told, stopped] = [0, 0];
    for (let seed = 1; seed <= 12; seed++) {
      const { wrong, situations } = await simulate({ seed, sites: 3 + (seed % 3), writes, asked: ['out'] });
      expect(wrong, `npm run sim -- --seeds 1 --seed ${seed} --steps ${writes} --with out`).toEqual([]);
      told += situations.get('site declared out') ?? 0;
      stopped += situations.get('site declared out resync-required') ?? 0;
    }
    expect(told).toBeGreaterThan(5);
    expect(stopped).toBeGreaterThan(3);
  });

  it.each(['eviction', 'failover'] as const)('loses nothing in worlds with %s', { timeout: 60_000 }, async (fault) => {
    let times = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const { wrong, situations } = await simulate({ seed, sites: 2 + (seed % 4), writes, asked: [fault] });
      expect(wrong, `npm run sim -- --seeds 1 --seed ${seed} --steps ${writes} --with ${fault}`).toEqual([]);
      times += situations.get(fault) ?? 0;
    }
    expect(times).toBeGreaterThan(0);
  });

  it('has the marker refuse calls that come again late', { timeout: 60_000 }, async () => {
    let refused = 0;
    for (let seed = 1; seed <= 8; seed++)
      refused += (await simulate({ seed, sites: 3, writes })).situations.get('late duplicate refused') ?? 0;
    expect(refused).toBeGreaterThan(0);
  });

  it('does the same for the same seed', async () => {
    const told = async () => {
      const commands: unknown[] = [];
      const { steps, keys } = await simulate({
        ...{ seed: 7, sites: 3, writes },
        onCommand: (...command) => commands.push(command),
      });
      return { steps, keys, commands };
    };
    expect(await told()).toEqual(await told());
  });
});
