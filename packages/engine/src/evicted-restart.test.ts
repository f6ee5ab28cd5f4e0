/** Keys that the local server has evicted, after a crash of the replicator. */
import type { Op } from '@entwine/core';
import { expect, it } from 'vitest';
import { EvictingSite } from '../test-support/evicting-site.ts';
import { evictedStream } from './evicted-journal.ts';

const value = Buffer.from('theirs');
const assign: Op = { type: 'assign', db: 0, index: 0, key: 'k', value, expiry: null };

it('an evicted key is not told', async () => {
  const here = await new EvictingSite().run();
  await here.evict('k');
  const again = await here.again();
  await again.asked();
  expect(again.told()).toEqual(['refuses 2', 'asks 2']);
});

it('what another site adds to it has the rest asked for', async () => {
  const here = await new EvictingSite().run();
  await here.evict('k');
  const again = await here.again();
  await again.receive({ type: 'field', db: 0, index: 0, key: 'k', field: 'g', value });
  expect(again.told()).toEqual(['asks 2']);
});

it('what has been made whole again is told', async () => {
  const here = await new EvictingSite().run();
  await here.evict('k');
  await here.write('SET', 'k', 'v');
  const again = await here.again();
  await again.asked();
  expect(again.told()).toEqual(['content']);
});

it('what another site makes whole is evicted still where that was not settled, and is decided again', async () => {
  const here = await new EvictingSite().run();
  await here.evict('k');
  here.site.mode = 'hold';
  await here.receive(assign);
  expect(here.site.held).toHaveLength(1);
  await here.turn(1000);
  const again = await here.again();
  expect(again.site.redis.dump().get('0 k')).toBe('string theirs ttl -1');
  await again.asked();
  expect(again.told()).toEqual(['content']);
});

it('likewise where the call has run, and nobody has written that down', async () => {
  const here = await new EvictingSite({ flush: 'manual' }).run();
  const flush = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      here.site.log.flush();
      await here.turn();
    }
  };
  await flush();
  await here.write('HSET', 'k', 'f', '1');
  await here.evict('k');
  await flush();
  here.site.mode = 'hold';
  await here.receive(assign);
  await flush();
  expect(here.site.held).toHaveLength(1);
  here.site.mode = 'run';
  here.site.release();
  await here.turn();
  const again = await here.again();
  expect(again.site.redis.dump().get('0 k')).toBe('string theirs ttl -1');
  await again.asked();
  expect(again.told()).toEqual(['content']);
});

it('an eviction that was not committed is read again, and cannot be told from a delete', async () => {
  const here = await new EvictingSite({ flush: 'manual' }).run();
  for (let i = 0; i < 5; i++) {
    here.site.log.flush();
    await here.turn();
  }
  await here.evict('k');
  const again = await here.again();
  await again.asked();
  expect(again.told()).toEqual(['gone']);
});

it('is kept with the place that it was read at', async () => {
  const here = await new EvictingSite().run();
  expect(here.site.disk.streams.has(evictedStream)).toBe(false);
  await here.evict('k');
  expect(here.site.disk.streams.get(evictedStream)).toMatchObject({ first: 1, last: 1 });
});

it('a damaged record stops the start, and is named', async () => {
  const here = await new EvictingSite().run();
  await here.evict('k');
  const [kept] = here.site.disk.streams.get(evictedStream)!.records;
  Object.assign(kept!.record, { body: new Uint8Array([1]) });
  await expect(here.again()).rejects.toThrow(`record ${evictedStream} 1-1 of the log: it is no list of evicted keys`);
});
