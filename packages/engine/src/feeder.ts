/**
 * The feeder: takes flushed entries out of the inboxes, decides them, and hands batches to the apply lane.
 *
 * While a call is unanswered, further entries gather, so that batches grow with the load. Heartbeats need no call: they
 * settle with the batch before them, or at once.
 */
import {
  decideFlush,
  decideOp,
  Effects,
  type Entry,
  type KeyState,
  type LibraryOutcome,
  type Model,
  type Op,
  type ReplyValue,
  type Stamp,
  type Version,
} from '@entwine/core';
import type { ApplyLane, Batch } from './apply-lane.ts';
import type { Fences } from './fences.ts';
import type { Inbox } from './inbox.ts';
import type { LibraryOp } from './libraries.ts';
import { type Shard, stampOf } from './shard.ts';
import type { Unrun } from './unrun.ts';

/** Entries that must wait before a further call is made while one is unanswered. */
const worthwhile = 256;

/** What the feeder tells. */
export interface FeederHost {
  /** A key's state has to be asked for, at the site of this version. */
  want(db: number, key: string, version: Version): void;
  /** Another site asks for a key's state: it cannot place this version of it. */
  wanted(db: number, key: string, version: Version, by: number): void;
  /** Another site cannot tell a key that we asked for. @param by - its priority. */
  untold(db: number, key: string, by: number): void;
  /** Another site tells what a key holds there. */
  check(op: Extract<Op, { type: 'check' }>, stamp: Stamp): void;
  /** A function library is loaded or deleted elsewhere. */
  library(op: LibraryOp, stamp: Stamp): LibraryOutcome;
  /** Keys that a call was to take away have stayed: databases and keys in turn. */
  stayed(keys: readonly ReplyValue[]): void;
  /** A call tells what stood at the ends of lists that it replaced: two replies for each. */
  replaced(call: number, states: readonly KeyState[], ends: readonly ReplyValue[]): void;
  /** Heartbeats settle without a call. */
  settledAtOnce(inbox: Inbox, seq: number, time: number, reported: number): void;
}

/** Feeds one shard's lane. */
export class Feeder {
  readonly #shard: Shard;
  readonly #lane: ApplyLane;
  readonly #fences: Fences;
  readonly #host: FeederHost;
  #next = 0;

  constructor(shard: Shard, lane: ApplyLane, fences: Fences, host: FeederHost) {
    this.#shard = shard;
    this.#lane = lane;
    this.#fences = fences;
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
    const entry = inbox.peek()!;
    return entry.type === 'heartbeat' || (this.#mayCall(inbox) && !this.#isBeingRead(entry));
  }

  /** Whether an entry is on a key that a fence is reading, or to which something is being added or written again. */
  #isBeingRead(entry: Entry): boolean {
    const { returning, restoring, model } = this.#shard;
    const corrected = returning.size + restoring.size > 0;
    if ((this.#fences.outstanding === 0 && !corrected) || entry.type === 'heartbeat') return false;
    return entry.ops.some((op) => {
      if (op.type === 'flush') return this.#fences.isSent || corrected;
      if (this.#fences.reads(op.db, op.key)) return true;
      const state = corrected ? model.find(op.db, op.key) : undefined;
      return state !== undefined && (returning.has(state) || restoring.has(state));
    });
  }

  #mayCall(inbox: Inbox): boolean {
    if (this.#lane.inFlight >= this.#shard.limits.maxInFlight) return false;
    return this.#lane.unanswered === 0 || inbox.waiting >= worthwhile;
  }

  #feed(inbox: Inbox): void {
    const { model, limits, tallies, rules } = this.#shard;
    const effects = new Effects(true);
    const keys: KeyState[] = [];
    const number = this.#shard.nextCall();
    let ops = 0;
    const flushed: number[] = [];
    const unrun: Unrun[] = [];
    let [seq, time, units, newestUnit, reported] = [0, 0, 0, 0, 0];
    const mayCall = this.#mayCall(inbox);
    while (
      inbox.waiting > 0 &&
      (mayCall || inbox.peek()!.type === 'heartbeat') &&
      ops < limits.maxBatchOps &&
      effects.bytes < limits.maxBatchBytes &&
      flushed.length === 0
    ) {
      const next = inbox.peek()!;
      if (next.type === 'unit' && (this.#isBeingRead(next) || (units > 0 && flushes(next)))) break;
      const entry = inbox.take();
      seq = entry.seq;
      time = entry.time;
      if (entry.type === 'heartbeat') {
        reported = entry.received;
        continue;
      }
      units++;
      newestUnit = time;
      const stamp = stampOf(entry, inbox);
      for (const op of entry.ops) {
        ops++;
        if (rules?.drops(op, stamp.priority)) {
          tallies.add('policies', 'filtered');
          continue;
        }
        if (op.type === 'flush') {
          if (!decideFlush(model, op, stamp, effects, rules?.sparedBy(stamp.priority))) continue;
          const db = op.key === '*' ? -1 : op.db;
          flushed.push(db);
          model.databases.flushSent(db, model.states(), sparing(model, stamp.priority));
          continue;
        }
        if (op.type === 'library') {
          if (this.#host.library(op, stamp) === 'lost') tallies.add('conflicts', 'library/remote-lost');
          continue;
        }
        if (op.type === 'check') {
          this.#host.check(op, stamp);
          continue;
        }
        const { outcome, state, ask, unrun: isUnrun } = decideOp(model, op, stamp, effects);
        if (isUnrun) unrun.push([time, op.index]);
        if (outcome !== 'won') tallies.add('conflicts', outcome);
        this.#tell(op, ask, stamp.priority);
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
        number,
        units,
        ops,
        newestUnit,
        flushed,
        unrun,
        noted: this.#shard.takeChange(),
        onValues: (values) => this.#told(number, effects.ends ?? [], values),
      });
    }
  }

  /** What a call replied: lists are ends of lists, the rest are keys that have stayed. */
  #told(call: number, states: readonly KeyState[], values: readonly ReplyValue[] = []): void {
    if (values.length === 0) return;
    const ends: ReplyValue[] = [];
    const stayed: ReplyValue[] = [];
    for (const value of values) (value === null || Array.isArray(value) ? ends : stayed).push(value);
    if (states.length > 0) this.#host.replaced(call, states, ends);
    if (stayed.length > 0) this.#host.stayed(stayed);
  }

  /** @param by - priority of the op's site. */
  #tell(op: Op, ask: Version | undefined, by: number): void {
    if (ask !== undefined) this.#host.want(op.db, op.key, ask);
    if (op.type !== 'want' || op.version.priority !== this.#shard.options.priority) return;
    if (op.untold) this.#host.untold(op.db, op.key, by);
    else this.#host.wanted(op.db, op.key, op.version, by);
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

/** Which keys a site's flush spares; undefined: none. */
function sparing({ flushes: { spares } }: Model, priority: number): ((state: KeyState) => boolean) | undefined {
  return spares && (({ db, key }) => spares(db, key, priority));
}

function flushes(entry: Entry & { readonly type: 'unit' }): boolean {
  for (const { type } of entry.ops) if (type === 'flush') return true;
  return false;
}
