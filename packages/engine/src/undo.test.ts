import { decodeEntries, type Entry, type Op, type PolicyRule, timeOfUnix } from '@entwine/core';
import { MemoryLogDisk } from '@entwine/testkit';
import { describe, expect, it } from 'vitest';
import { EngineSite, type SiteParts } from '../test-support/engine-site.ts';
import { assign, startMs, unit } from '../test-support/entries.ts';
import { SmallRedis } from '../test-support/small-redis.ts';
import { ledgerKey } from './ledger.ts';
import { maxUndone } from './undo.ts';

const policies: readonly PolicyRule[] = [
  { keys: ['h:*'], policy: { home: 'b' } },
  { keys: ['l:*'], policy: 'local' },
];
const limits = { heartbeatMs: 100, ownMarkerMs: 1_000_000, undoEveryMs: 1000 };

/** Site a; what begins with `h:` has its home at b. */
async function running(parts: SiteParts = {}): Promise<EngineSite> {
  const site = await new EngineSite({ limits, options: { policies }, ...parts }).run();
  expect(site.engine.status()).toMatchObject({ state: 'running', reason: '' });
  return site;
}

/** Our own units as a peer reads them. */
function shipped(site: EngineSite): readonly Op[] {
  const batch = site.transport.host!.readOwn(1, 1 << 20);
  const entries = decodeEntries(batch?.body ?? new Uint8Array(0));
  if ('code' in entries) throw new Error(entries.message);
  return (entries as readonly Entry[]).flatMap((entry) => (entry.type === 'unit' ? entry.ops : []));
}

const wants = (site: EngineSite): readonly Op[] => shipped(site).filter(({ type }) => type === 'want');

/** What home tells of a key now; everything older is overwritten. */
function told(site: EngineSite, seq: number, key: string, value: string | null): Entry {
  const content = value === null ? null : ({ kind: 'string', value: Buffer.from(value) } as const);
  const op: Op = { type: 'state', db: 0, index: 0, key, content, expiry: null, covers: null };
  return unit(seq, [op], timeOfUnix(site.timers.now) + 1);
}

const get = (site: EngineSite, key: string): unknown => site.redis.dump().get(`0 ${key}`);

describe('a write to a key whose home is elsewhere', () => {
  it('is not told; home is asked, and what it tells is written though nothing seems to have changed', async () => {
    const site = await running();
    site.receive([unit(1, [assign('h:k', 'right')])]);
    await site.turn();
    const right = get(site, 'h:k');
    site.write('SET', 'h:k', 'rogue');
    await site.turn();
    expect(shipped(site)).toMatchObject([{ type: 'want', db: 0, key: 'h:k', version: { priority: 2 } }]);
    expect(site.engine.status()).toMatchObject({ pending: { undone: 1, wants: 1 }, policies: { undone: 1 } });
    expect(get(site, 'h:k')).not.toEqual(right);
    site.receive([told(site, 2, 'h:k', 'right')]);
    await site.turn();
    expect(get(site, 'h:k')).toEqual(right);
    // It is over when no further question could be due.
    await site.turn(limits.undoEveryMs + limits.heartbeatMs);
    expect(site.engine.status().pending).toMatchObject({ undone: 0, wants: 0 });
  });

  it('is on record', async () => {
    const site = await running();
    for (const key of ['h:k', 'h:l', 'k']) site.write('SET', key, '1');
    await site.turn();
    const { records } = site.engine.conflicts(Number.POSITIVE_INFINITY, 100);
    const shown = records.map((record) =>
      record.type === 'conflict'
        ? [record.kind, record.key, record.outcome, record.winner.site, record.loser.site]
        : [],
    );
    expect(shown.reverse()).toEqual(
      ['h:k', 'h:l'].map((key) => ['home', key, 'local-lost', 'b', site.engine.status().site]),
    );
  });

  it('is deleted where home has no such key', async () => {
    const site = await running();
    site.write('SET', 'h:k', 'rogue');
    await site.turn();
    site.receive([told(site, 1, 'h:k', null)]);
    await site.turn();
    expect(get(site, 'h:k')).toBeUndefined();
  });

  it('asks once for many writes, and again for those after the answer, when the time is over', async () => {
    const site = await running();
    for (let n = 0; n < 100; n++) site.write('SET', 'h:k', String(n));
    await site.turn();
    expect(wants(site)).toHaveLength(1);
    site.receive([told(site, 1, 'h:k', 'right')]);
    await site.turn();
    for (let n = 0; n < 100; n++) site.write('SET', 'h:k', String(n));
    await site.turn();
    await site.turn(limits.heartbeatMs);
    expect(wants(site)).toHaveLength(1);
    expect(site.engine.status()).toMatchObject({ pending: { undone: 1 }, policies: { undone: 200 } });
    await site.turn(limits.undoEveryMs);
    expect(wants(site)).toHaveLength(2);
    site.receive([told(site, 2, 'h:k', 'right')]);
    await site.turn();
    expect(get(site, 'h:k')).toEqual(expect.stringContaining('right'));
  });

  it('is reported by one line, not by one for each', async () => {
    const site = await running();
    for (let n = 0; n < 50; n++) site.write('SET', `h:${n}`, '1');
    await site.turn();
    await site.turn(limits.heartbeatMs * 3);
    const lines = site.events.filter(({ message }) => message.includes('has its home elsewhere'));
    expect(lines).toMatchObject([{ level: 'warn', fields: { writes: 50 } }]);
  });

  it('waits through a restart for home, which is asked again', async () => {
    const disk = new MemoryLogDisk();
    const redis = new SmallRedis();
    const site = await running({ disk, redis });
    site.write('SET', 'h:k', 'rogue');
    await site.turn(limits.heartbeatMs);
    site.crash();
    const next = await running({ disk, redis, instance: '2', now: startMs + 60_000 });
    await next.turn(limits.heartbeatMs);
    expect(next.engine.status().pending.undone).toBe(1);
    expect(wants(next).length).toBeGreaterThan(1);
    next.receive([told(next, 1, 'h:k', 'right')]);
    await next.turn();
    expect(get(next, 'h:k')).toEqual(expect.stringContaining('right'));
    await next.turn(limits.undoEveryMs + limits.heartbeatMs);
    await next.turn(limits.heartbeatMs);
    expect(next.engine.status().pending.undone).toBe(0);
    const ledger = JSON.parse(Buffer.from(next.log.get(ledgerKey)!).toString()) as { undone: unknown };
    expect(ledger.undone).toEqual({});
  });

  it('waits for a bounded number of keys; more stay, counted, with an alarm', async () => {
    const site = await running();
    for (let n = 0; n <= maxUndone; n++) site.write('SET', `h:${n}`, '1');
    await site.turn();
    expect(site.engine.status()).toMatchObject({
      pending: { undone: maxUndone },
      policies: { undone: maxUndone + 1, left: 1 },
      alarms: [{ name: 'undo-full', active: true }],
    });
  });
});

describe("other sites' ops", () => {
  it('on local keys, and of another site than home, are settled and have no effect', async () => {
    const site = await running();
    site.receive([unit(1, [assign('l:k', 'theirs')]), unit(2, [assign('x', '1'), assign('l:k', '2')])]);
    site.receive([unit(1, [assign('h:k', 'of c')], timeOfUnix(startMs), 3)], 'c/main/c1');
    await site.turn();
    expect([...site.redis.dump().keys()]).toEqual(['0 x']);
    expect(site.engine.status()).toMatchObject({
      policies: { filtered: 3 },
      origins: [{ settled: 2 }, { settled: 1 }],
    });
  });

  it('that filters do not let in, and all of them at a site that only sends', async () => {
    const denied = await running({ options: { filters: { in: [{ keys: ['k'], action: 'deny' }] } } });
    const sender = await running({ options: { direction: 'send' } });
    for (const site of [denied, sender]) {
      site.receive([unit(1, [assign('k', '1'), assign('o', '1')])]);
      await site.turn();
      expect(site.engine.status().origins).toMatchObject([{ settled: 1 }]);
    }
    expect([...denied.redis.dump().keys()]).toEqual(['0 o']);
    expect(sender.redis.dump().size).toBe(0);
  });
});

it('a site that only receives ships nothing of its own, and applies what comes', async () => {
  const site = await running({ options: { direction: 'receive' } });
  site.write('SET', 'own', '1');
  site.write('DEL', 'other');
  site.write('INCRBY', 'n', '1');
  site.receive([unit(1, [assign('k', '1')])]);
  await site.turn();
  expect(shipped(site)).toEqual([]);
  expect([...site.redis.dump().keys()].sort()).toEqual(['0 k', '0 n', '0 own']);
});
