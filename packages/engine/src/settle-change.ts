/** What is noted when entries of another site have taken effect. */
import { siteOf } from './horizon.ts';
import type { Inbox } from './inbox.ts';
import type { Ledger } from './ledger.ts';
import type { Shard } from './shard.ts';

/** The ledger's note that an origin's log has taken effect up to a place. */
export function settleChange(origin: string, seq: number, time: number, reported: number): (ledger: Ledger) => void {
  return (ledger) => {
    ledger.settled[origin] = { seq, time };
    const site = siteOf(origin);
    if (reported > (ledger.reported[site] ?? 0)) ledger.reported[site] = reported;
  };
}

/** Heartbeats take effect at the place read so far. */
export function settleHere(shard: Shard, inbox: Inbox, seq: number, time: number, reported: number): void {
  inbox.settle(seq, time);
  shard.settlements++;
  const { offset, db } = shard.at!;
  shard.pending.change(offset, db, settleChange(inbox.origin, seq, time, reported));
}
