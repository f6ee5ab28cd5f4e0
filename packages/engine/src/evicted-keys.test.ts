/** Keys that the local server has evicted, and that other sites hold: what is told of them, and what is asked for. */
import { standaloneMarkerKey, timeOfUnix } from '@entwine/core';
import { expect, it } from 'vitest';
import { startMs } from '../test-support/entries.ts';
import { EvictingSite } from '../test-support/evicting-site.ts';

it('an evicted key is not told to a site that asks for it: that site hears so, and is asked', async () => {
  const here = await new EvictingSite().run();
  await here.evict('k');
  await here.asked();
  await here.asked();
  expect(here.told()).toEqual(['refuses 2', 'asks 2', 'refuses 2']);
});

it('where no answer comes, one peer after the other is asked; it is not gone for that', async () => {
  const here = await new EvictingSite().run();
  await here.evict('k');
  for (let round = 0; round < 20; round++) {
    await here.asked();
    await here.turn(2500);
  }
  expect(new Set(here.told())).toEqual(new Set(['refuses 2', 'asks 2', 'asks 3']));
});

it('who cannot tell it is not asked again; when nobody can, nothing is told and nobody waits', async () => {
  const here = await new EvictingSite().run();
  await here.evict('k');
  await here.asked();
  await here.refused();
  expect(here.told()).toEqual(['refuses 2', 'asks 2', 'asks 3']);
  await here.asked();
  await here.turn(2500);
  expect(here.told().slice(3)).toEqual(['refuses 2', 'asks 3']);
  expect(here.site.engine.status().pending.wants).toBe(1);
  await here.refused('k', 3);
  await here.turn(70_000);
  expect(here.site.engine.status().pending.wants).toBe(0);
  expect(here.told().slice(5)).toEqual([]);
  await here.asked();
  expect(here.told().slice(5)).toEqual(['refuses 2']);
});

it('what has been added since is told when nobody can tell the rest', async () => {
  const here = await new EvictingSite().run();
  await here.evict('k');
  await here.write('HSET', 'k', 'g', '1');
  await here.asked();
  await here.refused();
  await here.refused('k', 3);
  expect(here.told().at(-1)).toBe('content');
});

it('who could not tell it before it was made whole, and evicted again, is asked again', async () => {
  const here = await new EvictingSite().run();
  await here.evict('k');
  await here.asked();
  await here.refused();
  await here.write('SET', 'k', 'v');
  await here.evict('k');
  await here.asked();
  await here.refused('k', 3);
  expect(here.told().slice(3)).toEqual(['refuses 2', 'asks 2']);
});

it('that a key cannot be told is nothing where it was not evicted', async () => {
  const here = await new EvictingSite().run();
  await here.refused();
  await here.refused('k', 3);
  expect(here.told()).toEqual([]);
});

it('made whole by what is older than the question, it is told to who cannot tell it', async () => {
  const here = await new EvictingSite().run();
  const before = here.site.timers.now;
  await here.turn(1000);
  await here.evict('k');
  const version = { time: timeOfUnix(startMs), priority: 1, index: 0 };
  await here.receive({ type: 'want', db: 0, index: 0, key: 'k', version }, before + 400);
  const value = Buffer.from('theirs');
  await here.receive({ type: 'assign', db: 0, index: 0, key: 'k', value, expiry: null }, before + 500);
  expect(here.told()).toEqual(['refuses 2', 'asks 2']);
  await here.refused();
  expect(here.told().slice(2)).toEqual(['content']);
});

it('once it is whole again it is told', async () => {
  const here = await new EvictingSite().run();
  await here.evict('k');
  await here.write('SET', 'k', 'v');
  await here.asked();
  expect(here.told()).toEqual(['content']);
});

it('a value that another site writes anew has its expiry asked for, where that keeps it', async () => {
  const here = await new EvictingSite().run();
  await here.write('SET', 'k', 'v', 'PX', '1000000');
  await here.evict('k');
  const value = Buffer.from('theirs');
  await here.receive({ type: 'assign', db: 0, index: 0, key: 'k', value, expiry: 'keep' });
  expect(here.told()).toEqual(['asks 2']);
  expect(here.site.redis.dump().has('0 k')).toBe(false);
});

it('it is not whole by what is older than what it held', async () => {
  const here = await new EvictingSite().run();
  await here.turn(1000);
  await here.write('SET', 'k', 'v');
  await here.evict('k');
  const value = Buffer.from('theirs');
  await here.receive({ type: 'assign', db: 0, index: 0, key: 'k', value, expiry: null }, startMs);
  const content = { kind: 'string', value } as const;
  await here.receive({ type: 'state', db: 0, index: 0, key: 'k', content, expiry: null, covers: [] }, startMs);
  await here.asked();
  expect(here.told()).toEqual(['refuses 2', 'asks 2']);
});

it('gone when it was to expire, and not known to be evicted, it is told as expired', async () => {
  const here = await new EvictingSite().run();
  await here.write('SET', 'e', 'v', 'PXAT', String(here.site.timers.now + 500));
  here.site.redis.model.keyspace.db(0).delete('e');
  await here.turn(1000);
  await here.asked('e');
  expect(here.told('e')).toEqual(['expired']);
});

it('what another site writes to it on its way has the rest asked for', async () => {
  const here = await new EvictingSite().run();
  here.site.mode = 'hold';
  await here.receive({ type: 'field', db: 0, index: 0, key: 'k', field: 'g', value: new Uint8Array([50]) });
  expect(here.site.held).toHaveLength(1);
  await here.evict('k');
  expect(here.told()).toEqual([]);
  here.site.mode = 'run';
  here.site.release();
  await here.turn();
  expect(here.site.redis.dump().get('0 k')).toBe('hash [["g","2"]] ttl -1');
  expect(here.told()).toEqual(['asks 2']);
});

it('what is left of it by such a call goes when nobody can tell the rest', async () => {
  const here = await new EvictingSite().run();
  here.site.mode = 'hold';
  await here.receive({ type: 'field', db: 0, index: 0, key: 'k', field: 'g', value: new Uint8Array([50]) });
  await here.evict('k');
  here.site.mode = 'run';
  here.site.release();
  await here.turn();
  await here.refused();
  expect(here.site.redis.dump().has('0 k')).toBe(true);
  await here.refused('k', 3);
  for (let i = 0; i < 5; i++) await here.turn(100);
  expect(here.site.redis.dump().has('0 k')).toBe(false);
  expect(here.told()).toEqual(['asks 2', 'asks 3']);
});

it('likewise a consumer group, whose key is not the first argument', async () => {
  const here = await new EvictingSite().run();
  await here.write('XADD', 's', '5-1', 'f', 'v');
  here.site.mode = 'hold';
  const value = [Buffer.alloc(16), Buffer.from('-1')];
  await here.receive({ type: 'stream', db: 0, index: 0, key: 's', cell: 'gg0', value });
  await here.evict('s');
  here.site.mode = 'run';
  here.site.release();
  await here.turn();
  expect(here.told('s')).toEqual(['asks 2']);
});

it('likewise what a correction writes', async () => {
  const here = await new EvictingSite().run();
  await here.write('SADD', 's', 'x', 'y');
  here.site.mode = 'hold';
  await here.receive({ type: 'member', db: 0, index: 0, key: 's', member: 'x', present: false });
  await here.write('SADD', 's', 'z');
  await here.write('SREM', 's', 'x');
  await here.write('SADD', 's', 'x');
  here.site.release();
  await here.turn();
  expect(here.site.redis.dump().get('0 s')).toBe('set ["y","z"] ttl -1');
  expect(here.site.held).toHaveLength(1);
  await here.evict('s');
  here.site.mode = 'run';
  here.site.release();
  await here.turn();
  expect(here.site.redis.dump().get('0 s')).toBe('set ["x"] ttl -1');
  expect(here.told('s')).toEqual(['asks 2']);
});

it('the marker is no key that others hold: evicted, it is written again, and nobody is asked', async () => {
  const here = await new EvictingSite().run();
  await here.evict(standaloneMarkerKey);
  await here.receive({ type: 'field', db: 0, index: 0, key: 'h', field: 'g', value: new Uint8Array([50]) });
  await here.turn(200);
  expect(here.site.redis.dump().get('0 h')).toBe('hash [["g","2"]] ttl -1');
  expect(here.told(standaloneMarkerKey)).toEqual([]);
  await here.asked(standaloneMarkerKey);
  expect(here.told(standaloneMarkerKey)).toEqual([]);
});

it('an end that comes for it takes away what has been added since', async () => {
  const here = await new EvictingSite().run();
  await here.write('INCR', 'n');
  await here.evict('n');
  await here.write('INCR', 'n');
  expect(here.site.redis.dump().has('0 n')).toBe(true);
  const covers = [[1, timeOfUnix(here.site.timers.now) + 1]] as const;
  await here.receive({ type: 'end', db: 0, index: 0, key: 'n', covers, expires: false });
  expect(here.site.redis.dump().has('0 n')).toBe(false);
  expect(here.told('n')).toEqual(['asks 2']);
});

it('an expiry that comes for it brings nothing back', async () => {
  const here = await new EvictingSite().run();
  await here.evict('k');
  await here.receive({ type: 'expire', db: 0, index: 0, key: 'k', at: startMs + 1_000_000 });
  expect(here.told()).toEqual([]);
  expect(here.site.redis.dump().has('0 k')).toBe(false);
});

it('evicted before it was to be read, it is not told as gone', async () => {
  const here = await new EvictingSite().run();
  await here.write('SET', 'from', 'v');
  here.site.mode = 'hold';
  await here.write('RENAME', 'from', 'to');
  expect(here.site.held).toHaveLength(1);
  await here.evict('to');
  here.site.mode = 'run';
  here.site.release();
  await here.turn();
  expect(here.told('to')).toEqual(['asks 2']);
});

it.each([
  ['it is asked of a site that is not out', ['b'], ['asks 3']],
  ['and where nobody is left to ask, nothing is told', ['b', 'c'], []],
])('evicted before it was to be read, %s', async (_title, out, told) => {
  const here = await (await new EvictingSite().run()).without(...out);
  await here.write('SET', 'from', 'v');
  here.site.mode = 'hold';
  await here.write('RENAME', 'from', 'to');
  await here.evict('to');
  here.site.mode = 'run';
  here.site.release();
  for (let i = 0; i < 5; i++) await here.turn(100);
  expect(here.told('to')).toEqual(told);
});

it('where no answer comes, a site that is out is not asked', async () => {
  const here = await (await new EvictingSite().run()).without('b');
  await here.evict('k');
  await here.asked();
  await here.turn(2500);
  await here.asked();
  expect(new Set(here.told())).toEqual(new Set(['refuses 3', 'asks 3']));
  await here.write('HSET', 'k', 'g', '1');
  await here.refused();
  expect(here.told().at(-1)).toBe('content');
});

it('what was asked of a site that is out since is not waited for, where nobody else can tell it', async () => {
  const before = await new EvictingSite().run();
  await before.evict('k');
  await before.asked();
  const here = await before.without('b');
  await here.refused();
  for (let i = 0; i < 20; i++) await here.turn(2500);
  expect(here.site.engine.status().pending.wants).toBe(0);
});

it('the marker is asked of nobody when it was evicted: it is written again', async () => {
  const here = await new EvictingSite().run();
  await here.receive({ type: 'field', db: 0, index: 0, key: 'k', field: 'g', value: new Uint8Array([50]) });
  await here.evict(standaloneMarkerKey);
  for (let i = 0; i < 5; i++) await here.turn(100);
  await here.receive({ type: 'field', db: 0, index: 0, key: 'k', field: 'h', value: new Uint8Array([51]) });
  await here.turn(100);
  expect(here.told(standaloneMarkerKey)).toEqual([]);
  expect(here.site.redis.model.keyspace.db(0).has(standaloneMarkerKey)).toBe(true);
});
