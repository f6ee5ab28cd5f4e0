import { decodeEntries } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { assign, ownOrigin, unit } from '../test-support/entries.ts';
import { type Ledger, newLedger } from './ledger.ts';
import { Pending } from './pending.ts';

function ledgerAt(offset = 0): Ledger {
  return newLedger(ownOrigin, { replicationId: 'f'.repeat(40), offset, db: -1 });
}

function entry(seq: number, size = 1) {
  return unit(seq, [assign(`k${seq}`, 'x'.repeat(size))], 1000 + seq, 1);
}

function seqs(body: Uint8Array | undefined): number[] {
  const decoded = decodeEntries(body ?? new Uint8Array(0));
  if ('code' in decoded) throw new Error(decoded.message);
  return decoded.map(({ seq }) => seq);
}

describe('Pending', () => {
  it('releases nothing that ends above the offset', () => {
    const pending = new Pending();
    const ledger = ledgerAt();
    pending.entry(100, 0, entry(1));
    expect(pending.release(99, ledger)).toEqual({ body: undefined, first: 0, last: 0, steps: 0 });
    expect(ledger).toEqual(ledgerAt());
    expect(pending.length).toBe(1);
  });

  it('releases in order up to the offset, and moves seq, clock and position with it', () => {
    const pending = new Pending();
    const ledger = ledgerAt();
    pending.entry(100, 0, entry(1));
    pending.entry(200, 3, entry(2));
    pending.entry(300, 0, entry(3));
    const released = pending.release(250, ledger);
    expect(released).toMatchObject({ first: 1, last: 2, steps: 2 });
    expect(seqs(released.body)).toEqual([1, 2]);
    expect(ledger).toMatchObject({ seq: 2, clock: 1002, position: { offset: 200, db: 3 } });
    expect(pending.length).toBe(1);
  });

  it('keeps what remains whole when bytes before it were taken out', () => {
    const pending = new Pending();
    const ledger = ledgerAt();
    for (let seq = 1; seq <= 6; seq++) pending.entry(seq * 10, 0, entry(seq, seq * 1000));
    expect(seqs(pending.release(20, ledger).body)).toEqual([1, 2]);
    pending.entry(70, 0, entry(7));
    expect(seqs(pending.release(50, ledger).body)).toEqual([3, 4, 5]);
    expect(seqs(pending.release(70, ledger).body)).toEqual([6, 7]);
    expect(pending).toMatchObject({ bytes: 0, length: 0, eventful: false });
  });

  it('makes the changes of the ledger in the order of the stream, with the entry of their step', () => {
    const pending = new Pending();
    const ledger = ledgerAt();
    const made: string[] = [];
    pending.entry(10, 0, entry(1), (changed) => made.push(`first at seq ${changed.seq}`));
    pending.change(20, 0, () => made.push('second'));
    pending.entry(30, 0, entry(2), (changed) => made.push(`third at seq ${changed.seq}`));
    pending.release(20, ledger);
    expect(made).toEqual(['first at seq 1', 'second']);
    pending.release(30, ledger);
    expect(made.at(-1)).toBe('third at seq 2');
  });

  it('moves the position over quiet bytes without making a step for each', () => {
    const pending = new Pending();
    const ledger = ledgerAt();
    for (let end = 10; end <= 1000; end += 10) pending.quiet(end, 2);
    expect(pending).toMatchObject({ length: 1, eventful: false, bytes: 0 });
    expect(pending.release(1000, ledger)).toEqual({ body: undefined, first: 0, last: 0, steps: 1 });
    expect(ledger.position).toMatchObject({ offset: 1000, db: 2 });
  });

  it('is eventful while anything but the position would change', () => {
    const pending = new Pending();
    pending.quiet(5, 0);
    expect(pending.eventful).toBe(false);
    pending.change(10, 0, () => {});
    pending.entry(20, 0, entry(1));
    pending.release(10, ledgerAt());
    expect(pending.eventful).toBe(true);
    pending.release(20, ledgerAt());
    expect(pending.eventful).toBe(false);
  });

  it('never takes the clock back', () => {
    const ledger = ledgerAt();
    ledger.clock = 5000;
    const pending = new Pending();
    pending.entry(10, 0, entry(1));
    pending.release(10, ledger);
    expect(ledger.clock).toBe(5000);
  });

  it('an entry is released at its own end, not at that of the quiet bytes behind it', () => {
    const pending = new Pending();
    pending.entry(100, 0, entry(1));
    pending.quiet(137, 0);
    expect(seqs(pending.release(100, ledgerAt()).body)).toEqual([1]);
  });
});
