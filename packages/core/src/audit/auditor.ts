/**
 * The auditor: finds the conflicts in which a write of this site took part, as ops are merged.
 *
 * A conflict is two sites' writes to one cell of which neither writer had seen the other's. What a writer had seen it tells with
 * its entries (`Entry.seen`); what this site had seen is what is settled at the place in the stream. So overwriting what one has
 * received is none. Of two writes of a third and a fourth site nothing is said here.
 *
 * | merged | found |
 * |---|---|
 * | another site's op | writes of ours that it takes the place of, unseen (`at-risk.ts`); or that it has lost to one (`fate.ts`) |
 * | an op of ours | writes of others that were decided, and not settled, before it, and that it takes the place of |
 *
 * Not found: a write that a later one of the same site has overwritten before. What ends cover their writer had seen.
 */
import type { Op } from '../entry/entry.ts';
import { type KindIndex, kinds } from '../merge/cell-value.ts';
import { findCell, type KeyState } from '../merge/key-state.ts';
import type { Stamp } from '../merge/merge-op.ts';
import { writtenVersion } from '../merge/registers.ts';
import type { Time, Version } from '../version/version.ts';
import { AtRisk, type Holding, type IsUnseen } from './at-risk.ts';
import type { Conflict } from './conflict.ts';
import { fateOf } from './fate.ts';
import { lossOf } from './is-lost.ts';

/** What the auditor asks and tells. */
export interface AuditHost {
  /** Up to when what a site wrote is settled here, at this place in the stream. */
  heard(priority: number): Time;
  found(conflict: Conflict): void;
  /** So many more may have been there, and were not looked at. */
  passedOver(count: number): void;
}

type ElementOp = Extract<Op, { type: 'field' | 'member' | 'score' }>;

function isElementOp(op: Op): op is ElementOp {
  return op.type === 'field' || op.type === 'member' || op.type === 'score';
}

function kindOf({ type }: ElementOp): KindIndex {
  return type === 'field' ? kinds.hash : type === 'member' ? kinds.set : kinds.zset;
}

/** Finds conflicts for one model. */
export class Auditor {
  readonly #priority: number;
  readonly #host: AuditHost;

  /** @param priority - our own site's. */
  constructor(priority: number, host: AuditHost) {
    this.#priority = priority;
    this.#host = host;
  }

  /** Whether an op may meet what its writer had not seen. One comparison, for the case that it may not. */
  concerns(state: KeyState, op: Op, stamp: Stamp): boolean {
    if (stamp.priority === this.#priority) return state.inFlight > 0;
    const { seen } = stamp;
    if (seen === undefined || state.ownNewest <= this.#seenBy(op, seen)) return false;
    return !isElementOp(op) || this.#mayMeet(state, op, seen);
  }

  /** Whether an op on one element may meet a write of ours: there, or to all of the key. */
  #mayMeet(state: KeyState, op: ElementOp, seen: Time): boolean {
    const kind = kindOf(op);
    const { root, newestKind, otherKind, ranges } = state;
    if (newestKind !== kind || otherKind !== -1 || ranges !== undefined) return true;
    if (root !== undefined && root.priority === this.#priority && root.time > seen) return true;
    const cell = findCell(state, kind, op.type === 'field' ? op.field : op.member);
    if (cell === undefined) return false;
    const { version, counts } = cell;
    return counts !== undefined || (version?.priority === this.#priority && version.time > seen);
  }

  /** Merges an op, and says what was lost. */
  watch(state: KeyState, op: Op, stamp: Stamp, cut: Time, merge: () => void): void {
    const isOwn = stamp.priority === this.#priority;
    const isUnseen = isOwn ? this.#isUnsettled : this.#isUnseen(this.#seenBy(op, stamp.seen!));
    const version: Version = { time: stamp.time, priority: stamp.priority, index: op.index };
    const { holdings, passedOver } = new AtRisk(state, op, cut, isUnseen);
    merge();
    if (passedOver > 0) this.#host.passedOver(passedOver);
    const fate = isOwn ? undefined : fateOf(state, op, version, cut, isUnseen);
    const { db, key } = state;
    if (fate !== undefined) {
      this.#host.found({ db, key, ...fate });
      // What of ours outlives it further on is no news.
      if (fate.kind === 'delete') state.rootLostTo = [...(state.rootLostTo ?? []), this.#priority];
    }
    const winner = op.type === 'assign' || op.type === 'state' ? writtenVersion(version) : version;
    for (const holding of holdings) {
      if (holding.type === 'root' && (fate !== undefined || !this.#outlives(state, holding, stamp))) continue;
      const loss = lossOf(state, holding, op, cut);
      if (loss !== undefined) this.#host.found({ db, key, ...loss, winner, loser: holding.version });
    }
  }

  /** A deletion that is outlived is on record once for each site that has written since. */
  #outlives(state: KeyState, deletion: Extract<Holding, { type: 'root' }>, { time, priority }: Stamp): boolean {
    const { version: root, lostTo } = deletion;
    if (time < root.time || (time === root.time && priority < root.priority) || lostTo.includes(priority)) return false;
    if (state.root === root) state.rootLostTo = [...lostTo, priority];
    return true;
  }

  /** What the writer of an op knew of ours: a key told whole includes what it says, which may be less than was settled. */
  #seenBy(op: Op, seen: Time): Time {
    if (op.type !== 'state' || op.covers === null) return seen;
    for (const [priority, time] of op.covers) if (priority === this.#priority) return Math.min(time, seen);
    return seen;
  }

  #isUnseen(seen: Time): IsUnseen {
    return ({ priority, time }) => priority === this.#priority && time > seen;
  }

  readonly #isUnsettled: IsUnseen = ({ priority, time }) =>
    priority !== this.#priority && time > this.#host.heard(priority);
}
