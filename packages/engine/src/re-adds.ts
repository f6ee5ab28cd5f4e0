/**
 * Adding again: what guarded commands of ours had added, and another site's state, root or pop has taken away.
 *
 * It goes out as a correction, so that it happens once; where it is seen it is a local write, under a new version. Until
 * then nothing is decided on the key.
 */
import {
  commandAgain,
  Effects,
  isNewer,
  type KeyState,
  type OwnAdd,
  type ReplyValue,
  takeLostAdds,
} from '@entwine/core';
import type { Batch } from './apply-lane.ts';
import { type Corrections, noteCorrection } from './corrections.ts';
import type { Ledger } from './ledger.ts';
import type { Shard } from './shard.ts';
import { TakenMoves } from './taken-moves.ts';

type Change = (ledger: Ledger) => void;

const none: readonly never[] = [];

/** What is added again on one shard. */
export class ReAdds {
  readonly #shard: Shard;
  readonly #corrections: Corrections;
  /** By the number of the correction: what it adds again, by key. */
  readonly #returning = new Map<number, ReadonlyMap<KeyState, readonly OwnAdd[]>>();
  readonly #taken = new TakenMoves();

  constructor(shard: Shard, corrections: Corrections) {
    this.#shard = shard;
    this.#corrections = corrections;
  }

  /** Corrections were seen: what they added again is there. */
  seen(corrected: readonly Batch[]): void {
    for (const { correction } of corrected) {
      const returned = this.#returning.get(correction);
      if (returned === undefined) continue;
      this.#returning.delete(correction);
      for (const [state, adds] of returned) {
        for (const add of adds) add.returning = false;
        if (!this.#isReturning(state)) this.#shard.returning.delete(state);
      }
    }
  }

  #isReturning(state: KeyState): boolean {
    for (const adds of this.#returning.values()) if (adds.has(state)) return true;
    return false;
  }

  /**
   * Where keys were made anew, what commands of ours had added, and is not included, is added again.
   * @param call - the number of the call that was seen: what other calls make of the keys is yet to come.
   */
  ofKeys(keys: Iterable<KeyState>, call: number, changes: Change[]): void {
    const again = new Map<KeyState, readonly OwnAdd[]>();
    for (const state of keys) {
      if (state.takenBy !== undefined && state.takenIn === call) noteEndangered(state);
      if (state.wipedBy === undefined) continue;
      const isLast = state.wipedIn === call;
      const lost = takeLostAdds(state, call);
      const moved = isLast ? this.#taken.seen(call, state) : none;
      if (lost.length + moved.length > 0) again.set(state, [...lost, ...moved]);
    }
    this.send(again, changes);
  }

  /** A call tells what stood at the ends of lists that it replaced: what was moved there before is added again. */
  replaced(call: number, states: readonly KeyState[], ends: readonly ReplyValue[], changes: Change[]): void {
    this.send(this.#taken.answered(call, states, ends), changes);
  }

  /** Adds something again, by key. */
  send(again: ReadonlyMap<KeyState, readonly OwnAdd[]>, changes: Change[]): void {
    if (again.size === 0) return;
    const effects = new Effects();
    let count = 0;
    for (const [state, adds] of again) {
      effects.select(state.db);
      for (const add of adds) effects.run(state.key, commandAgain(add));
      count += adds.length;
    }
    const shard = this.#shard;
    shard.tallies.add('corrections', 're-issue', count);
    const stored = this.#corrections.decide(++shard.correction, effects, [], shard.clock.last, shard.nextCall(), true);
    this.#returning.set(stored.id, again);
    for (const state of again.keys()) shard.returning.add(state);
    changes.push(noteCorrection(stored));
  }
}

/** What was added after another site's pop or removal was decided, and before it took effect, it may have taken away. */
function noteEndangered(state: KeyState): void {
  for (const add of state.adds ?? []) if (isNewer(add.versions[0]!, state.takenBy)) add.endangered = true;
  state.takenBy = undefined;
}
