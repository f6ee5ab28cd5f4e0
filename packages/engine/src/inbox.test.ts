import type { Entry } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { batchOf, beat, peerOrigin, peerTime, startMs, unit, units } from '../test-support/entries.ts';
import { Inbox, InboxError } from './inbox.ts';

function inboxAt(settled = 0): Inbox {
  return new Inbox(peerOrigin, 2, settled, settled === 0 ? 0 : peerTime(settled));
}

function take(inbox: Inbox): number[] {
  const seqs: number[] = [];
  while (inbox.waiting > 0) seqs.push(inbox.take().seq);
  return seqs;
}

describe('Inbox', () => {
  it('hands entries out only when they are flushed', () => {
    const inbox = inboxAt();
    expect(inbox.receive(batchOf(units(1, 3)), startMs)).toBe(peerTime(3));
    expect(inbox.receive(batchOf(units(4, 5)), startMs)).toBe(peerTime(5));
    expect([inbox.received, inbox.flushedSeq, inbox.waiting]).toEqual([5, 0, 0]);
    inbox.flushed(3);
    expect(take(inbox)).toEqual([1, 2, 3]);
    expect(inbox.decided).toBe(3);
    inbox.flushed(5);
    expect(inbox.peek()!.seq).toBe(4);
    expect(take(inbox)).toEqual([4, 5]);
  });

  it('gives the records to append once, as they came', () => {
    const inbox = inboxAt(4);
    const batch = batchOf(units(5, 6));
    inbox.receive(batch, startMs);
    expect(inbox.takeRecords()).toEqual([{ stream: peerOrigin, first: 5, last: 6, body: batch.body }]);
    expect(inbox.takeRecords()).toEqual([]);
  });

  it('drops what it has, and counts the units among it', () => {
    const inbox = inboxAt();
    inbox.receive(batchOf([...units(1, 2), beat(3)]), startMs);
    expect(inbox.receive(batchOf([...units(1, 2), beat(3)]), startMs)).toBe(0);
    expect(inbox.deduplicated).toBe(2);
    expect(inbox.takeRecords()).toHaveLength(1);
  });

  it('keeps the new part of a batch that overlaps', () => {
    const inbox = inboxAt();
    inbox.receive(batchOf(units(1, 3)), startMs);
    inbox.receive(batchOf(units(2, 6)), startMs);
    const overlap = inbox.takeRecords()[1]!;
    expect(overlap).toEqual({ stream: peerOrigin, first: 4, last: 6, body: batchOf(units(4, 6)).body });
    inbox.flushed(6);
    expect(take(inbox)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(inbox.deduplicated).toBe(2);
  });

  it('knows what its site had forgotten by the heartbeats taken, and by those settled before', () => {
    const inbox = inboxAt();
    inbox.hear({ ...beat(1), cut: 7 } as Entry);
    expect(inbox.cut).toBe(7);
    inbox.receive(batchOf([...units(1, 1), { ...beat(2), cut: 9 } as Entry, beat(3)]), startMs);
    inbox.flushed(3);
    expect(inbox.cut).toBe(7);
    expect([take(inbox), inbox.cut]).toEqual([[1, 2, 3], 9]);
  });

  it('refuses a gap', () => {
    const inbox = inboxAt(3);
    expect(() => inbox.receive(batchOf(units(5, 6)), startMs)).toThrow(/seq 4 is missing before 5/);
    expect([inbox.received, inbox.bytes]).toEqual([3, 0]);
  });

  it('refuses another priority than declared, naming both', () => {
    const wrong = batchOf([unit(1, [], peerTime(1), 7)]);
    expect(() => inboxAt().receive(wrong, startMs)).toThrow(/has priority 7; this site is declared with 2/);
  });

  it('refuses a body that is damaged, or is not what the batch says', () => {
    const batch = batchOf(units(1, 2));
    const body = batch.body.slice();
    body[body.length - 1]! ^= 1;
    expect(() => inboxAt().receive({ ...batch, body }, startMs)).toThrow(InboxError);
    expect(() => inboxAt().receive({ ...batch, body: body.subarray(0, 9) }, startMs)).toThrow(/cut short/);
    expect(() => inboxAt().receive({ ...batch, last: 3 }, startMs)).toThrow(/holds 2 entries/);
    expect(() => inboxAt().receive(batchOf([...units(1, 1), ...units(3, 3)]), startMs)).toThrow(InboxError);
  });

  it('says how far the clocks are apart', () => {
    const inbox = inboxAt();
    inbox.receive(batchOf(units(1, 1)), startMs);
    expect(inbox.skewSeconds).toBe(-3599);
  });

  it('and goes by the wall clock of heartbeats once there are any', () => {
    const inbox = inboxAt();
    inbox.receive(batchOf([{ ...beat(1, 0, peerTime(1)), lead: 500 } as Entry]), startMs - 3_600_000);
    expect(inbox.skewSeconds).toBe(0.5);
    inbox.receive(batchOf(units(2, 3)), startMs - 3_600_000);
    expect(inbox.skewSeconds).toBe(0.5);
  });

  it('counts bytes from receipt until the whole batch is settled', () => {
    const inbox = inboxAt();
    const [one, two] = [batchOf(units(1, 3)), batchOf(units(4, 5))];
    inbox.receive(one, startMs);
    inbox.receive(two, startMs);
    expect(inbox.bytes).toBe(one.body.length + two.body.length);
    inbox.settle(2, peerTime(2));
    expect(inbox.bytes).toBe(one.body.length + two.body.length);
    inbox.settle(4, peerTime(4));
    expect(inbox.bytes).toBe(two.body.length);
    inbox.settle(3, peerTime(3));
    expect([inbox.settled, inbox.settledTime]).toEqual([4, peerTime(4)]);
    inbox.settle(5, peerTime(5));
    expect(inbox.bytes).toBe(0);
  });

  it('goes on behind what the log holds at a start', () => {
    const inbox = inboxAt(2);
    inbox.restore(units(3, 4), 100);
    expect([inbox.received, inbox.flushedSeq, inbox.waiting]).toEqual([4, 4, 2]);
    inbox.receive(batchOf(units(4, 5)), startMs);
    inbox.flushed(5);
    expect(take(inbox)).toEqual([3, 4, 5]);
  });

  it('does not grow with what has passed through', () => {
    const inbox = inboxAt();
    for (let seq = 1; seq <= 20_000; seq++) {
      inbox.receive(batchOf([beat(seq)]), startMs);
      inbox.takeRecords();
      inbox.flushed(seq);
      expect(inbox.take().seq).toBe(seq);
      inbox.settle(seq, peerTime(seq));
    }
    expect([inbox.waiting, inbox.bytes]).toEqual([0, 0]);
  });

  it('an entry that is not newer than the one before it is refused', () => {
    const inbox = inboxAt();
    inbox.receive(batchOf(units(1, 2)), startMs);
    expect(() => inbox.receive(batchOf([unit(3, [], peerTime(1))]), startMs)).toThrow(InboxError);
  });

  it('what the log holds at a start counts as received and not settled', () => {
    const inbox = inboxAt(2);
    inbox.restore(units(3, 4), 100);
    expect(inbox.bytes).toBeGreaterThan(0);
  });
});
