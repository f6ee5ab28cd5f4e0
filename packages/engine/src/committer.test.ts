import { describe, expect, it } from 'vitest';
import { assign, batchOf, ownOrigin, peerOrigin, peerTime, startMs, unit, units } from '../test-support/entries.ts';
import { type PartShard, partShard, replicationId } from '../test-support/part-shard.ts';
import { settle } from '../test-support/recorders.ts';
import { Committer, type Flushed } from './committer.ts';
import { decodeLedger, ledgerKey, type PendingCorrection } from './ledger.ts';
import type { ShardOptions } from './options.ts';
import { settleChange } from './settle-change.ts';

function setup(more: Partial<ShardOptions> = {}) {
  const parts = partShard(more);
  const flushed: Flushed[] = [];
  const failures: string[] = [];
  const committer = new Committer(parts.shard, {
    flushed: (what) => flushed.push(what),
    failed: (error) => failures.push(error.message),
  });
  const commits: number[] = [];
  const commit = parts.log.commit.bind(parts.log);
  parts.log.commit = (what) => {
    commits.push(what.append.length);
    return commit(what);
  };
  return { ...parts, committer, flushed, failures, commits };
}

/** A local unit was read. */
function capture({ shard }: PartShard, seq: number, size = 1): void {
  const at = { replicationId, offset: seq * 100, db: 0 };
  shard.pending.entry(at.offset, 0, unit(seq, [assign(`k${seq}`, 'x'.repeat(size))], peerTime(seq), 1));
  shard.at = at;
  shard.seq = seq;
}

const ledgerOf = ({ log }: PartShard) => decodeLedger(log.get(ledgerKey)!);

describe('Committer', () => {
  it('ships nothing before it is flushed', async () => {
    const parts = setup();
    capture(parts, 1);
    parts.committer.schedule();
    await settle();
    expect([parts.flushed, parts.shard.ownLog.last]).toEqual([[], 0]);
    expect(parts.shard.ownLog.read(1, 1000)).toBeUndefined();
    parts.log.flush();
    await settle();
    expect(parts.flushed).toMatchObject([{ own: { stream: ownOrigin, first: 1, last: 1 } }]);
    expect(parts.shard.ownLog.read(1, 1000)).toMatchObject({ first: 1, last: 1 });
    expect(ledgerOf(parts)).toMatchObject({ seq: 1, position: { offset: 100 } });
  });

  it('has one commit at a time, and the next takes all that has gathered', async () => {
    const parts = setup();
    capture(parts, 1);
    parts.committer.schedule();
    capture(parts, 2);
    capture(parts, 3);
    for (let i = 0; i < 5; i++) parts.committer.schedule();
    expect(parts.commits).toEqual([1]);
    parts.log.flush();
    await settle();
    expect(parts.commits).toEqual([1, 1]);
    parts.log.flush();
    await settle();
    expect(parts.flushed.map(({ own }) => [own?.first, own?.last])).toEqual([
      [1, 1],
      [2, 3],
    ]);
    expect(parts.commits).toHaveLength(2);
  });

  it('does nothing when only the position has moved, unless told to', async () => {
    const parts = setup();
    parts.shard.pending.quiet(500, 0);
    parts.shard.at = { replicationId, offset: 500, db: 0 };
    parts.committer.schedule();
    expect(parts.commits).toEqual([]);
    parts.committer.schedule(true);
    parts.log.flush();
    await settle();
    expect(ledgerOf(parts).position.offset).toBe(500);
    expect(parts.commits).toEqual([0]);
  });

  it('received entries are decided only when they are flushed', async () => {
    const parts = setup();
    const inbox = parts.shard.inbox(peerOrigin)!;
    inbox.receive(batchOf(units(1, 2)), startMs);
    parts.committer.schedule();
    inbox.receive(batchOf(units(3, 3)), startMs); // after the commit was put together
    expect(inbox.waiting).toBe(0);
    parts.log.flush(1);
    await settle();
    expect([inbox.waiting, inbox.flushedSeq]).toEqual([2, 2]);
    parts.log.flush();
    await settle();
    expect([inbox.waiting, inbox.flushedSeq]).toEqual([3, 3]);
    expect(parts.log.streams()).toEqual([{ stream: peerOrigin, first: 1, last: 3 }]);
  });

  it('what is settled may be acknowledged when that is flushed', async () => {
    const parts = setup();
    const { shard } = parts;
    const inbox = parts.arrived(units(1, 2));
    inbox.settle(2, peerTime(2));
    shard.pending.change(100, 0, settleChange(peerOrigin, 2, peerTime(2), 77));
    shard.at = { replicationId, offset: 100, db: 0 };
    parts.committer.schedule();
    await settle();
    expect([inbox.acknowledged, parts.flushed]).toEqual([0, []]);
    parts.log.flush();
    await settle();
    expect(parts.flushed[0]!.settled).toEqual([inbox]);
    expect(inbox.acknowledged).toBe(2);
    expect(ledgerOf(parts)).toMatchObject({ settled: { [peerOrigin]: { seq: 2 } }, reported: { b: 77 } });
  });

  it('corrections are handed on when the ledger that holds them is flushed', async () => {
    const parts = setup();
    const stored: PendingCorrection = { id: 1, time: 5, args: [], keys: [], settlements: [] };
    parts.shard.pending.change(100, 0, (ledger) => {
      ledger.corrections = [stored];
    });
    parts.shard.at = { replicationId, offset: 100, db: 0 };
    parts.committer.schedule();
    await settle();
    expect(parts.flushed).toEqual([]);
    parts.log.flush();
    await settle();
    expect(parts.flushed[0]!.corrections).toEqual([stored]);
    expect(ledgerOf(parts).corrections).toEqual([stored]);
  });

  it('trims with the next commit, once', async () => {
    const parts = setup();
    for (const seq of [1, 2]) {
      capture(parts, seq);
      parts.committer.schedule();
      parts.log.flush();
      await settle();
    }
    parts.committer.trim(ownOrigin, 1);
    capture(parts, 3);
    parts.committer.schedule();
    parts.log.flush();
    await settle();
    expect(parts.log.streams()).toEqual([{ stream: ownOrigin, first: 2, last: 3 }]);
  });

  it('counts the bytes that are not flushed, those under way included', async () => {
    const parts = setup();
    capture(parts, 1, 1000);
    const one = parts.committer.unflushedBytes;
    expect(one).toBeGreaterThan(1000);
    parts.committer.schedule();
    capture(parts, 2, 1000);
    expect(parts.committer.unflushedBytes).toBe(2 * one);
    parts.log.flush();
    await settle();
    parts.log.flush();
    await settle();
    expect(parts.committer.unflushedBytes).toBe(0);
  });

  it('stops at a failure: nothing is shipped, nothing further is written', async () => {
    const parts = setup();
    parts.log.commit = async () => {
      throw new Error('disk full');
    };
    capture(parts, 1);
    parts.committer.schedule();
    await settle();
    capture(parts, 2);
    parts.committer.schedule(true);
    await parts.committer.drain();
    expect([parts.failures, parts.flushed, parts.shard.ownLog.last]).toEqual([['disk full'], [], 0]);
  });

  it('drain waits until nothing is left', async () => {
    const parts = setup();
    capture(parts, 1);
    let drained = false;
    const draining = parts.committer.drain().then(() => {
      drained = true;
    });
    capture(parts, 2);
    parts.log.flush();
    await settle();
    expect(drained).toBe(false);
    parts.log.flush();
    await draining;
    expect(parts.shard.ownLog.last).toBe(2);
  });

  it('begins nothing after stop', async () => {
    const parts = setup();
    parts.committer.stop();
    capture(parts, 1);
    parts.committer.schedule(true);
    await parts.committer.drain();
    expect(parts.commits).toEqual([]);
  });

  it('releases no more than the gate allows', async () => {
    const parts = setup({ gate: { releasable: () => 150 } });
    capture(parts, 1);
    capture(parts, 2);
    parts.committer.schedule();
    parts.log.flush();
    await settle();
    expect(parts.flushed[0]).toMatchObject({ own: { first: 1, last: 1 } });
    expect(ledgerOf(parts).position.offset).toBe(100);
    parts.committer.stop();
  });

  it('waits for the gate instead of committing nothing again and again', async () => {
    const parts = setup({ gate: { releasable: () => 0 } });
    capture(parts, 1);
    parts.committer.schedule();
    for (let i = 0; i < 20; i++) {
      parts.log.flush();
      await settle();
    }
    parts.committer.stop();
    expect(parts.commits.length).toBeLessThan(3);
  });

  it('what follows a commit and throws is a failure, not an unhandled rejection', async () => {
    const parts = partShard();
    const failures: string[] = [];
    const committer = new Committer(parts.shard, {
      flushed: () => {
        throw new Error('the transport is broken');
      },
      failed: (error) => failures.push(error.message),
    });
    capture(parts, 1);
    committer.schedule();
    const drained = committer.drain().catch((error: Error) => `rejected: ${error.message}`);
    parts.log.flush();
    expect(await drained).toBeUndefined();
    expect(failures).toEqual(['the transport is broken']);
  });
});
