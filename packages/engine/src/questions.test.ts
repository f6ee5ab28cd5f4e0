/** Questions between sites that a crash, or an answer that does not come, must not lose. */
import { decodeEntries, type Op, timeOfUnix } from '@entwine/core';
import { MemoryKeyspaceEvents } from '@entwine/testkit';
import { expect, it } from 'vitest';
import { EngineSite } from '../test-support/engine-site.ts';
import { startMs, unit } from '../test-support/entries.ts';
import { settle } from '../test-support/recorders.ts';

const limits = { heartbeatMs: 100, ownMarkerMs: 1_000_000 };
const at = { db: 0, index: 0, key: 'k' } as const;

/** What a site has told and asked of the key. */
function told({ engine, transport }: EngineSite): Op[] {
  const entries = decodeEntries(transport.host!.readOwn(engine.status().seq.first, 1 << 20)!.body);
  if ('code' in entries) throw new Error(entries.message);
  const ops = entries.flatMap((entry) => (entry.type === 'unit' ? entry.ops : []));
  return ops.filter(({ key }) => key === 'k');
}

it('a question that an earlier process had taken, and not noted, is answered', async () => {
  const first = new EngineSite({ limits, flush: 'manual' });
  await first.run();
  first.write('HSET', 'k', 'f', '1');
  for (let round = 0; round < 5; round++) {
    first.log.flush();
    await first.turn(100);
  }
  first.receive([unit(1, [{ ...at, type: 'want', version: { time: timeOfUnix(startMs), priority: 1, index: 0 } }])]);
  const { length } = first.calls;
  for (let round = 0; round < 5 && first.calls.length === length; round++) {
    first.log.flush();
    await settle();
  }
  // It has been called for; neither what was to be read for it nor the marker reaches the log.
  expect(first.calls.length).toBeGreaterThan(length);
  first.crash();
  const { redis, disk } = first;
  const second = await new EngineSite({ limits, redis, disk, instance: '2' }).run();
  await second.turn(200);
  expect(told(second).map(({ type }) => type)).toEqual(['field', 'state']);
});

it('a key that has expired here and was renewed elsewhere is asked for until it comes', async () => {
  const events = new MemoryKeyspaceEvents();
  events.replicationId = 'f'.repeat(40);
  events.answersAtOnce = true;
  const site = await new EngineSite({ limits, options: { keyspaceEvents: events } }).run();
  events.up();
  const turn = async (ms: number): Promise<void> => {
    events.offset = site.redis.offset;
    await site.turn(ms);
  };
  site.write('HSET', 'k', 'f', '1');
  site.write('PEXPIREAT', 'k', String(startMs + 1000));
  await turn(500);
  site.mode = 'hold';
  site.receive([unit(1, [{ ...at, type: 'expire', at: null }], timeOfUnix(startMs + 600))]);
  await turn(700);
  site.redis.model.expireSome();
  events.event(0, 'k', 'expired', site.redis.offset);
  await turn(20);
  const wants = (): number => told(site).filter(({ type }) => type === 'want').length;
  expect(wants()).toBe(1);
  await turn(2500);
  expect(wants()).toBe(2);
});
