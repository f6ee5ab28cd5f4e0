/**
 * The feeder: takes flushed entries out of the inboxes, decides them, and hands batches to the apply lane.
 *
 * While a call is unanswered, further entries gather, so that batches grow with the load. Heartbeats need no call: they
 * settle with the batch before them, or at once.
 */
import { decideOp, Effects, type KeyState } from '@entwine/core';
import type { ApplyLane, Batch } from './apply-lane.ts';
import type { Inbox } from './inbox.ts';
import { type Shard, stampOf } from './shard.ts';

/** Entries that must wait before a further call is made while one is unanswered. */
const worthwhile = 256;

/** What the feeder tells. */
export interface FeederHost {
  /** Heartbeats settle without a call. */
  settledAtOnce(inbox: Inbox, seq: number, time: number, reported: number): void;
}

/** Feeds one shard's lane. */
export class Feeder {
  readonly #shard: Shard;
  readonly #lane: ApplyLane;
  readonly #host: FeederHost;
  #next = 0;
  #batches = 0;

  constructor(shard: Shard, lane: ApplyLane, host: FeederHost) {
    this.#shard = shard;
    this.#lane = lane;
    this.#host = host;
  }

  /** Sends what can be sent. */
  pump(): void {
    const inboxes = [...this.#shard.inboxes.values()];
    for (let idle = 0; idle < inboxes.length && this.#lane.isOpen; ) {
      const inbox = inboxes[this.#next++ % inboxes.length]!;
      if (!this.#mayTake(inbox)) idle++;
      else {
        this.#feed(inbox);
        idle = 0;
      }
    }
  }

  #mayTake(inbox: Inbox): boolean {
    if (inbox.waiting === 0) return false;
    return inbox.peek()!.type === 'heartbeat' || this.#mayCall(inbox);
  }

  #mayCall(inbox: Inbox): boolean {
    if (this.#lane.inFlight >= this.#shard.limits.maxInFlight) return false;
    return this.#lane.unanswered === 0 || inbox.waiting >= worthwhile;
  }

  #feed(inbox: Inbox): void {
    const { model, limits, tallies } = this.#shard;
    const effects = new Effects();
    const keys: KeyState[] = [];
    const number = ++this.#batches;
    let ops = 0;
    let [seq, time, units, newestUnit, reported] = [0, 0, 0, 0, 0];
    const mayCall = this.#mayCall(inbox);
    while (
      inbox.waiting > 0 &&
      (mayCall || inbox.peek()!.type === 'heartbeat') &&
      ops < limits.maxBatchOps &&
      effects.bytes < limits.maxBatchBytes
    ) {
      const entry = inbox.take();
      seq = entry.seq;
      time = entry.time;
      if (entry.type === 'heartbeat') {
        reported = entry.received;
        continue;
      }
      units++;
      newestUnit = time;
      const stamp = stampOf(entry, inbox.origin);
      for (const op of entry.ops) {
        const { outcome, state } = decideOp(model, op, stamp, effects);
        if (outcome !== 'won') tallies.add('conflicts', outcome);
        ops++;
        if (state.lastBatch === number) continue;
        state.lastBatch = number;
        state.inFlight++;
        keys.push(state);
      }
    }
    if (units === 0) this.#settleHeartbeats(inbox, seq, time, reported);
    else {
      this.#lane.send({
        kind: 'remote',
        peer: { origin: inbox.origin, seq, time },
        args: effects.args,
        grows: effects.grows,
        keys,
        correction: 0,
        settlements: [],
        restored: false,
        settles: { seq, time },
        reported,
        units,
        ops,
        newestUnit,
      });
    }
  }

  #settleHeartbeats(inbox: Inbox, seq: number, time: number, reported: number): void {
    const last: Batch | undefined = this.#lane.lastOf(inbox.origin);
    if (last === undefined) {
      this.#host.settledAtOnce(inbox, seq, time, reported);
      return;
    }
    last.settles = { seq, time };
    last.reported = reported;
  }
}
