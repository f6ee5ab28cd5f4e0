import { EvictedKeys, type LogRecord } from '@entwine/core';
import { MemoryLog, MemoryLogDisk } from '@entwine/testkit';
import { describe, expect, it } from 'vitest';
import { EvictedJournal, evictedStream } from './evicted-journal.ts';

/** A model's memory and its journal, on a disk. */
class Kept {
  readonly evicted: EvictedKeys;
  readonly disk: MemoryLogDisk;
  readonly log: MemoryLog;
  readonly journal: EvictedJournal;
  readonly #most: number;

  constructor(most: number = 100_000, disk: MemoryLogDisk = new MemoryLogDisk()) {
    this.#most = most;
    this.evicted = new EvictedKeys(most);
    this.disk = disk;
    this.log = new MemoryLog(disk);
    this.journal = new EvictedJournal(this.log, this.evicted);
  }

  /** Everything noted is released, and committed. */
  async commit(change: (() => void) | undefined = this.journal.takeChange()): Promise<void> {
    change?.();
    const commit = this.journal.commit();
    if (commit !== undefined) await this.log.commit({ ...commit, put: [] });
  }

  /** Another process on the same disk. */
  again(): Kept {
    this.log.crash();
    return new Kept(this.#most, this.disk);
  }

  get records(): readonly LogRecord[] {
    return this.disk.streams.get(evictedStream)?.records.map(({ record }) => record) ?? [];
  }

  has(...keys: readonly string[]): boolean[] {
    return keys.map((key) => this.evicted.has(0, key));
  }
}

const value = new Uint8Array([49]);

/** Another site's SET of a key is decided: what it changes is written down when that is settled. */
function decided({ evicted, journal }: Kept, key: string): (() => void) | undefined {
  evicted.meets({ type: 'assign', db: 0, index: 0, key, value, expiry: null });
  return journal.takeChange();
}

describe('what is committed', () => {
  it('is known after a restart, and nothing else', async () => {
    const kept = new Kept();
    kept.evicted.note(0, 'a');
    kept.evicted.note(7, 'ÿ\u0000 b');
    await kept.commit();
    kept.evicted.note(0, 'c');
    kept.evicted.end(0, 'a');
    kept.journal.takeChange();
    const again = kept.again();
    expect(again.has('a', 'c')).toEqual([true, false]);
    expect(again.evicted.has(7, 'ÿ\u0000 b')).toBe(true);
    again.evicted.end(0, 'a');
    await again.commit();
    expect(again.again().has('a')).toEqual([false]);
  });

  it('costs nothing where nothing is evicted', async () => {
    const kept = new Kept();
    kept.evicted.end(0, 'a');
    expect(kept.journal.takeChange()).toBeUndefined();
    await kept.commit();
    kept.evicted.note(0, 'a');
    await kept.commit();
    await kept.commit();
    expect(kept.records).toHaveLength(1);
  });

  it('is one record a commit', async () => {
    const kept = new Kept();
    for (let i = 0; i < 1000; i++) kept.evicted.note(0, `k${i}`);
    kept.evicted.end(0, 'k0');
    await kept.commit();
    expect(kept.records.map(({ first, last }) => [first, last])).toEqual([[1, 1001]]);
  });
});

describe('what another site makes whole', () => {
  it('is evicted still until that is settled', async () => {
    const kept = new Kept();
    kept.evicted.note(0, 'k');
    await kept.commit();
    decided(kept, 'k');
    expect(kept.has('k')).toEqual([false]);
    kept.evicted.note(0, 'other');
    await kept.commit();
    const again = kept.again();
    expect(again.has('k', 'other')).toEqual([true, true]);
    // It is decided again.
    await again.commit(decided(again, 'k'));
    expect(again.again().has('k')).toEqual([false]);
  });

  it('is evicted still where it was evicted again before that', async () => {
    const kept = new Kept();
    kept.evicted.note(0, 'k');
    await kept.commit();
    const settled = decided(kept, 'k');
    kept.evicted.note(0, 'k');
    await kept.commit();
    await kept.commit(settled);
    expect(kept.has('k')).toEqual([true]);
    const again = kept.again();
    expect(again.has('k')).toEqual([true]);
    await again.commit(decided(again, 'k'));
    expect(again.again().has('k')).toEqual([false]);
  });
});

describe('the journal is bounded', () => {
  it('by what is remembered: the oldest are forgotten there, too', async () => {
    const kept = new Kept(100);
    for (let i = 0; i < 5000; i++) {
      kept.evicted.note(0, `k${i}`);
      if (i % 7 === 0) await kept.commit();
    }
    await kept.commit();
    const again = kept.again();
    expect(again.has('k0', 'k4899', 'k4900', 'k4999')).toEqual([false, false, true, true]);
    expect(kept.journal.length).toBeLessThan(300);
    again.evicted.note(0, 'new');
    expect(again.has('k4900', 'k4901')).toEqual([false, true]);
  });

  it('where few keys stay evicted, and others come and go', async () => {
    const kept = new Kept();
    const old = Array.from({ length: 500 }, (_, i) => `old${i}`);
    for (const key of old) kept.evicted.note(0, key);
    await kept.commit();
    let longest = 0;
    let most = 0;
    for (let i = 0; i < 20_000; i++) {
      kept.evicted.note(0, `k${i}`);
      kept.evicted.end(0, `k${i}`);
      if (i % 5 === 0) await kept.commit();
      longest = Math.max(longest, kept.journal.length);
      most = Math.max(most, kept.records.at(-1)!.last - kept.records.at(-1)!.first + 1);
    }
    await kept.commit();
    expect(longest).toBeLessThan(4096 + 4 * 501 + 500);
    // Never all of it at once.
    expect(most).toBeLessThanOrEqual(500);
    expect(most).toBeGreaterThan(10);
    expect(kept.again().has(...old)).toEqual(old.map(() => true));
  });

  it('by nothing, where nothing is evicted any more', async () => {
    const kept = new Kept();
    for (let i = 0; i < 10; i++) kept.evicted.note(0, `k${i}`);
    await kept.commit();
    for (let i = 0; i < 10; i++) kept.evicted.end(0, `k${i}`);
    await kept.commit();
    expect([kept.records.length, kept.journal.length]).toEqual([0, 0]);
    const again = kept.again();
    expect(again.evicted.isEmpty).toBe(true);
    again.evicted.note(0, 'k');
    await again.commit();
    expect(again.again().has('k', 'k1')).toEqual([true, false]);
  });

  it('is the same whatever happens, crash by crash', async () => {
    let kept = new Kept(20);
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let i = 0; i < 3000; i++) {
      const key = `k${random(60)}`;
      if (random(3) > 0) kept.evicted.note(0, key);
      else kept.evicted.end(0, key);
      if (random(4) > 0) continue;
      await kept.commit();
      if (random(10) > 0) continue;
      const keys = Array.from({ length: 60 }, (_, n) => `k${n}`);
      const before = kept.has(...keys);
      kept = kept.again();
      expect(kept.has(...keys)).toEqual(before);
    }
  });
});

describe('a damaged record is named', () => {
  const text = (body: string): Uint8Array => new TextEncoder().encode(body);

  it.each([
    ['no JSON', text('["+0 a"'), 'it is no list of evicted keys'],
    ['no UTF-8', new Uint8Array([0x5b, 0xff, 0x5d]), 'it is no list of evicted keys'],
    ['no list', text('{}'), 'it is no list of evicted keys'],
    ['too short', text('["+0 a"]'), '1 changes of evicted keys instead of 2'],
    ['no change', text('["+0 a","0 b"]'), 'number 2 is no change of an evicted key'],
    ['no text', text('[1,"+0 b"]'), 'number 1 is no change of an evicted key'],
  ])('%s', async (_what, body, why) => {
    const disk = new MemoryLogDisk();
    const log = new MemoryLog(disk);
    await log.commit({ append: [{ stream: evictedStream, first: 1, last: 2, body }], put: [], trim: [] });
    expect(() => new EvictedJournal(log, new EvictedKeys())).toThrow(`record ${evictedStream} 1-2 of the log: ${why}`);
  });
});
