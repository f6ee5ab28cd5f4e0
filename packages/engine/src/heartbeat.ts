/**
 * A heartbeat: an entry on a timer. It carries our clock and our W through the log, in order, so that peers know how far we
 * are even when nobody writes; and it moves our own horizon: cut, forgetting, trimming.
 */
import { type Entry, epoch, timeOfUnix, unixOfTime } from '@entwine/core';
import type { Committer } from './committer.ts';
import type { Shard } from './shard.ts';
import { holderSlack } from './window-guard.ts';

/** What is remembered for longer than this keeps no batch in memory, in milliseconds. */
const detachAfterMs = 5000;

/** From here on, that the clock is logically ahead of the wall is told; in milliseconds. */
const toldLeadMs = 1000;

/** @param held - whether a correction is outstanding. */
export function heartbeat(shard: Shard, committer: Committer, held: boolean): void {
  const { at, horizon, pending, options, tallies, model } = shard;
  if (at === null) return;
  horizon.beat(holderSlack(shard.limits));
  const received = horizon.received(shard.ledger.clock, held);
  const time = shard.clock.tick(shard.now());
  const seq = ++shard.seq;
  const cut = horizon.cut();
  const kept = horizon.keptCut(cut, shard.now(), shard.limits.keepLogMs);
  const told = Math.max(cut, model.cut);
  const { priority } = options;
  const lead = unixOfTime(time) - shard.now();
  const seen = shard.heard();
  shard.tell(seen);
  const out = shard.outcasts.tell();
  const beat: Entry = {
    ...{ type: 'heartbeat', seq, time, priority, received },
    ...(told > 0 && { cut: told }),
    ...(lead >= toldLeadMs && { lead }),
    ...(seen.length > 0 && { seen }),
    ...(out && { out }),
  };
  pending.entry(at.offset, at.db, beat, (ledger) => {
    if (cut > ledger.cut) ledger.cut = cut;
    if (kept > ledger.kept) ledger.kept = kept;
  });
  tallies.heartbeats++;
  shard.ownMarks.add(seq, time);
  for (const [origin, inbox] of shard.inboxes) shard.receivedMarks.get(origin)!.add(inbox.settled, inbox.settledTime);
  if (cut > model.cut) model.forget(cut, kept);
  model.detach(time - timeOfUnix(epoch + detachAfterMs));
  trim(shard, committer, kept);
}

/** Drops what lies below the cut of a while ago and, of our own log, is acknowledged by everybody. */
function trim(shard: Shard, committer: Committer, cut: number): void {
  const own = shard.ownMarks.upTo(cut, shard.leastAcknowledged());
  if (own > 0) {
    committer.trim(shard.origin, own);
    shard.ownLog.trimmed(own);
  }
  for (const [origin, marks] of shard.receivedMarks) {
    const upTo = marks.upTo(cut, shard.inboxes.get(origin)!.acknowledged);
    if (upTo > 0) committer.trim(origin, upTo);
  }
}
