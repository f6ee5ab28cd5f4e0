import type { Conflict } from '@entwine/core';
import { MemoryLog, MemoryLogDisk } from '@entwine/testkit';
import { describe, expect, it } from 'vitest';
import { digest, startMs } from '../test-support/entries.ts';
import { type AuditedConflict, maxAuditNameBytes } from './audit-record.ts';
import { AuditTrail, auditStream } from './audit-trail.ts';
import { newLedger } from './ledger.ts';
import { type AuditOptions, defaultAudit, defaultLimits, type EngineLimits } from './options.ts';
import { Tallies } from './tallies.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A conflict that site 2 has won; `n` tells it from others. */
const conflict = (n: number, more: Partial<Conflict> = {}): Conflict => ({
  ...{ kind: 'hash', db: 0, key: 'k', cell: `f${n}`, discarded: bytes(`value ${n}`) },
  ...{ winner: { time: 4096 * (n + 1), priority: 2, index: 0 }, loser: { time: 4096 * n, priority: 1, index: 0 } },
  ...more,
});

class Trail {
  readonly disk: MemoryLogDisk;
  readonly log: MemoryLog;
  readonly tallies = new Tallies();
  readonly trail: AuditTrail;
  nowMs = startMs;

  constructor(
    limits: Partial<EngineLimits> = {},
    audit: Partial<AuditOptions> = {},
    disk: MemoryLogDisk = new MemoryLogDisk(),
    settledTime = 0,
  ) {
    this.disk = disk;
    this.log = new MemoryLog(disk);
    const ledger = newLedger('a/main/1', { replicationId: '', offset: 0, db: -1 });
    ledger.settled['b/main/1'] = { seq: 1, time: settledTime };
    this.trail = new AuditTrail(
      {
        ...{ log: this.log, limits: { ...defaultLimits, ...limits }, tallies: this.tallies, heard: () => 0 },
        now: () => this.nowMs,
        context: { priority: 1, siteOf: (of) => `site-${of}`, digest, audit: { ...defaultAudit, ...audit } },
      },
      ledger,
    );
  }

  /** Found and settled; committed as one. */
  async add(...conflicts: readonly Conflict[]): Promise<void> {
    for (const one of conflicts) this.trail.found(one);
    this.trail.takeChange()?.();
    const commit = this.trail.commit();
    if (commit !== undefined) await this.log.commit({ ...commit, put: [] });
  }

  /** Numbers on record, newest first. */
  get numbers(): number[] {
    return this.trail.read(Number.POSITIVE_INFINITY, 1000).records.map(({ number }) => number);
  }

  get newest(): AuditedConflict {
    return this.trail.read(Number.POSITIVE_INFINITY, 1).records[0] as AuditedConflict;
  }
}

const range = (from: number, to: number): Conflict[] =>
  Array.from({ length: to - from + 1 }, (_, i) => conflict(from + i));

describe('a record', () => {
  it('says who wrote what where, and how long what was lost is', async () => {
    const trail = new Trail();
    await trail.add(conflict(1));
    const {
      number: _number,
      before: _before,
      ...rest
    } = trail.newest as AuditedConflict & {
      readonly number: number;
      readonly before: number;
    };
    expect(rest).toEqual({
      ...{ type: 'conflict', at: startMs, kind: 'hash', db: 0, key: 'k', cell: 'f1', outcome: 'local-lost' },
      winner: { site: 'site-2', unixMs: 1577836800002, version: [8192, 2, 0] },
      loser: { site: 'site-1', unixMs: 1577836800001, version: [4096, 1, 0] },
      discarded: { bytes: 7, digest: digest('conflict 7\nvalue 1') },
    });
    expect(trail.tallies.conflicts).toEqual({ 'hash/local-lost': 1 });
  });

  it.each([
    ['none', 100, { bytes: 7 }],
    ['full', 7, { bytes: 7, value: 'value 1' }],
    ['full', 6, { bytes: 7, digest: digest('conflict 7\nvalue 1') }],
  ] as const)('of what was lost, when asked for: %s, up to %i bytes', async (values, maxValueBytes, expected) => {
    const trail = new Trail({}, { values, maxValueBytes });
    await trail.add(conflict(1));
    expect(trail.newest.discarded).toEqual(expected);
  });

  it('of a removal says that', async () => {
    const trail = new Trail();
    await trail.add(conflict(1, { discarded: null }));
    expect(trail.newest.discarded).toBeNull();
  });

  it(`keeps ${maxAuditNameBytes} bytes of a key and of a cell, and their lengths`, async () => {
    const trail = new Trail();
    await trail.add(conflict(1, { key: 'x'.repeat(5000), cell: 'y'.repeat(6000) }));
    const { key, cell, keyBytes, cellBytes } = trail.newest;
    expect([key.length, cell.length, keyBytes, cellBytes]).toEqual([maxAuditNameBytes, maxAuditNameBytes, 5000, 6000]);
  });
});

describe('the log of records', () => {
  it('keeps maxAuditEntries, the newest', async () => {
    const trail = new Trail({ maxAuditEntries: 3 });
    await trail.add(...range(1, 2));
    expect(trail.numbers).toEqual([2, 1]);
    await trail.add(...range(3, 4));
    expect(trail.numbers).toEqual([4, 3, 2]);
    await trail.add(...range(5, 9));
    expect([trail.numbers, trail.trail.kept]).toEqual([[9, 8, 7], 3]);
    expect(trail.log.streams()).toEqual([{ stream: auditStream, first: 7, last: 9 }]);
  });

  it('keeps maxAuditBytes, across starts', async () => {
    const size = 400;
    const limits = { maxAuditBytes: 4 * size };
    const one = new Trail(limits);
    await one.add(...range(1, 9));
    expect(one.log.bytes()).toBeLessThanOrEqual(4 * size);
    expect(one.log.bytes()).toBeGreaterThan(2 * size);
    await one.log.close();
    const two = new Trail(limits, {}, one.disk);
    expect(two.numbers).toEqual(one.trail.kept === 0 ? [] : two.numbers.slice(0, one.trail.kept));
    for (const conflict of range(10, 30)) await two.add(conflict);
    expect(two.log.bytes()).toBeLessThanOrEqual(4 * size);
    expect(two.log.bytes()).toBeGreaterThan(2 * size);
    expect(two.numbers[0]).toBe(30);
  });

  it('records maxAuditPerSecond, counts the rest, and says so', async () => {
    const trail = new Trail({ maxAuditPerSecond: 2 });
    await trail.add(...range(1, 5));
    expect(trail.tallies).toMatchObject({ recorded: 2, unrecorded: 3 });
    expect(trail.newest).toMatchObject({ type: 'unrecorded', count: 3 });
    trail.nowMs += 1000;
    await trail.add(conflict(6));
    expect(trail.newest).toMatchObject({ type: 'conflict', cell: 'f6' });
  });

  it('is read a part at a time, newest first', async () => {
    const trail = new Trail();
    await trail.add(...range(1, 5));
    const first = trail.trail.read(Number.POSITIVE_INFINITY, 2);
    const second = trail.trail.read(first.next, 2);
    const third = trail.trail.read(second.next, 2);
    const numbers = [first, second, third].map(({ records, next }) => [...records.map(({ number }) => number), next]);
    expect(numbers).toEqual([
      [5, 4, 4],
      [3, 2, 2],
      [1, 0],
    ]);
  });

  it('holds nothing at first', () => {
    expect(new Trail().trail.read(Number.POSITIVE_INFINITY, 10)).toEqual({ records: [], next: 0 });
  });
});

describe('after a crash', () => {
  const lost = conflict(5, {
    winner: { time: 4096 * 9, priority: 1, index: 0 },
    loser: { time: 4096 * 5, priority: 2, index: 0 },
  });

  it.each([
    ['what is not settled is decided again, and is not on record twice', 4, 1],
    ['what is settled was another write', 5, 2],
  ])('%s', async (_name, settled, records) => {
    const one = new Trail();
    await one.add(lost);
    await one.log.close();
    const two = new Trail({}, {}, one.disk, 4096 * settled);
    await two.add(lost);
    expect(two.numbers).toHaveLength(records);
  });
});
