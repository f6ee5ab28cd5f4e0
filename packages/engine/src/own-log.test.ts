import { decodeEntries, type Entry, type EntryBatch, type LogRecord } from '@entwine/core';
import { MemoryLog, MemoryLogDisk } from '@entwine/testkit';
import { describe, expect, it } from 'vitest';
import { encoded, ownOrigin, units } from '../test-support/entries.ts';
import { OwnLog } from './own-log.ts';

function record(first: number, last: number): LogRecord {
  return { stream: ownOrigin, first, last, body: encoded(...units(first, last)) };
}

/** Records flushed to the log and told to the reader. */
async function logWith(maxBytes: number, ...records: readonly LogRecord[]) {
  const log = new MemoryLog(new MemoryLogDisk());
  const reads: number[] = [];
  const read = log.read.bind(log);
  log.read = (stream, from, max) => {
    reads.push(from);
    return read(stream, from, max);
  };
  const own = new OwnLog(log, ownOrigin, maxBytes);
  for (const flushed of records) {
    await log.commit({ append: [flushed], put: [], trim: [] });
    own.flushed(flushed);
  }
  return { own, log, reads };
}

function seqs(batch: EntryBatch | undefined): number[] {
  if (batch === undefined) return [];
  const decoded = decodeEntries(batch.body);
  if ('code' in decoded) throw new Error(decoded.message);
  const found = decoded.map(({ seq }) => seq);
  expect([batch.first, batch.last]).toEqual([found[0], found.at(-1)]);
  return found;
}

const records = [record(1, 3), record(4, 4), record(5, 9)];
const all = 1 << 20;

describe('OwnLog', () => {
  it('is empty before anything is flushed', async () => {
    const { own } = await logWith(all);
    expect([own.first, own.last]).toEqual([1, 0]);
    expect(own.read(1, all)).toBeUndefined();
  });

  it('reads recent records from memory, joined', async () => {
    const { own, reads } = await logWith(all, ...records);
    expect(seqs(own.read(1, all))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(reads).toEqual([]);
  });

  it('begins in the middle of a record, from memory and from disk', async () => {
    for (const maxBytes of [all, 1]) {
      const { own, reads } = await logWith(maxBytes, ...records);
      expect(seqs(own.read(2, all))).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
      expect(seqs(own.read(9, all))).toEqual([9]);
      expect(reads).toEqual(maxBytes === 1 ? [2] : []);
    }
  });

  it('gives at least a record, and no more than fits', async () => {
    const { own } = await logWith(all, ...records);
    expect(seqs(own.read(1, 1))).toEqual([1, 2, 3]);
    expect(seqs(own.read(1, records[0]!.body.length + records[1]!.body.length))).toEqual([1, 2, 3, 4]);
    expect(seqs(own.read(4, 1))).toEqual([4]);
  });

  it('maxRecentBytes: keeps the newest in memory, reads older ones from the log', async () => {
    const { own, reads } = await logWith(records[2]!.body.length, ...records);
    expect(seqs(own.read(5, all))).toEqual([5, 6, 7, 8, 9]);
    expect(reads).toEqual([]);
    expect(seqs(own.read(1, all))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(reads).toEqual([1]);
  });

  it('cuts a record that is very long between its entries, and never an entry', async () => {
    const big = (seq: number): Entry => {
      const op = { type: 'assign', db: 0, index: 0, key: 'k', value: new Uint8Array(33 << 20), expiry: null } as const;
      return { type: 'unit', seq, time: 4096 + seq, priority: 1, ops: [op] };
    };
    const body = encoded(...units(1, 2), big(3), big(4), ...units(5, 6), big(7));
    const { own } = await logWith(all, { stream: ownOrigin, first: 1, last: 7, body });
    expect(seqs(own.read(1, all))).toEqual([1, 2, 3]);
    expect(seqs(own.read(3, 1))).toEqual([3]);
    expect(seqs(own.read(4, all))).toEqual([4, 5, 6]);
    expect(seqs(own.read(7, all))).toEqual([7]);
    expect(seqs(own.read(1, 1 << 30))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('finds the range again after a restart', async () => {
    const { log } = await logWith(all, ...records);
    const own = new OwnLog(log, ownOrigin, all);
    expect([own.first, own.last]).toEqual([1, 9]);
    expect(seqs(own.read(6, all))).toEqual([6, 7, 8, 9]);
    await log.commit({ append: [], put: [], trim: [{ stream: ownOrigin, upTo: 4 }] });
    expect(new OwnLog(log, ownOrigin, all).first).toBe(5);
  });

  it('says what is trimmed, never more than there is, and does not take it back', async () => {
    const { own } = await logWith(all, ...records);
    own.trimmed(4);
    expect(own.first).toBe(5);
    own.trimmed(2);
    expect(own.first).toBe(5);
    own.trimmed(1000);
    expect([own.first, own.last]).toEqual([10, 9]);
  });

  it('does not hand out what is beyond its end', async () => {
    const { own } = await logWith(all, ...records);
    expect(own.read(10, all)).toBeUndefined();
  });
});
