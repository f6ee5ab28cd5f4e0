/**
 * Adding again: what guarded commands of ours had added, and another site's state, root or pop has taken away.
 *
 * It goes out as a correction, so that it happens once; where it is seen it is a local write, under a new version. Until
 * then nothing is decided on the key.
 */
import {
  addedBeside,
  type Covers,
  Effects,
  fromByteString,
  includes,
  isEnded,
  isNewer,
  type KeyState,
  kinds,
  type OwnAdd,
  toByteString,
  type Version,
} from '@entwine/core';
import type { Batch } from './apply-lane.ts';
import type { Corrections } from './corrections.ts';
import type { Ledger } from './ledger.ts';
import type { Shard } from './shard.ts';

type Change = (ledger: Ledger) => void;

/** What is added again on one shard. */
export class ReAdds {
  readonly #shard: Shard;
  readonly #corrections: Corrections;
  /** By the number of the correction: the keys to which it adds again. */
  readonly #returning = new Map<number, readonly KeyState[]>();

  constructor(shard: Shard, corrections: Corrections) {
    this.#shard = shard;
    this.#corrections = corrections;
  }

  /** Corrections were seen: what they added again is there. */
  seen(corrected: readonly Batch[]): void {
    for (const { correction } of corrected) {
      for (const state of this.#returning.get(correction) ?? []) {
        for (const add of state.adds ?? []) add.returning = false;
        this.#shard.returning.delete(state);
      }
      this.#returning.delete(correction);
    }
  }

  /** Where keys were made anew, what commands of ours had added, and is not included, is added again. */
  ofKeys(keys: Iterable<KeyState>, changes: Change[]): void {
    const again = new Map<KeyState, (readonly Uint8Array[])[]>();
    for (const state of keys) {
      if (state.takenBy !== undefined) noteEndangered(state);
      if (state.wipedBy === undefined) continue;
      const adds = readds(state);
      if (adds.length > 0) again.set(state, adds);
    }
    this.send(again, changes);
  }

  /** Commands that add something again, by key. */
  send(again: ReadonlyMap<KeyState, readonly (readonly Uint8Array[])[]>, changes: Change[]): void {
    if (again.size === 0) return;
    const effects = new Effects();
    let count = 0;
    for (const [state, adds] of again) {
      effects.select(state.db);
      for (const add of adds) effects.run(state.key, readdable(add));
      count += adds.length;
    }
    const shard = this.#shard;
    shard.tallies.add('corrections', 're-issue', count);
    const stored = this.#corrections.decide(++shard.correction, effects, [], shard.clock.last, true);
    this.#returning.set(stored.id, [...again.keys()]);
    for (const state of again.keys()) shard.returning.add(state);
    changes.push((ledger) => {
      ledger.correction = stored.id;
      ledger.corrections = [...ledger.corrections, stored];
    });
  }
}

/** What was added after another site's pop or removal was decided, and before it took effect, it may have taken away. */
function noteEndangered(state: KeyState): void {
  for (const add of state.adds ?? []) if (isNewer(add.versions[0]!, state.takenBy)) add.endangered = true;
  if (state.inFlight === 0) state.takenBy = undefined;
}

/** The commands that add again what is gone, and is not on its way back yet. */
function readds(state: KeyState): (readonly Uint8Array[])[] {
  const { adds, wipedBy, wipedCovers } = state;
  if (state.inFlight === 0) state.wipedBy = undefined;
  const found: (readonly Uint8Array[])[] = [];
  for (const add of adds ?? []) {
    if (add.returning || isIncluded(add, wipedBy!, wipedCovers) || isEnded(state, add.versions.at(-1)!)) continue;
    // It lost to a newer add of another kind.
    const beside = addedBeside(state, kinds[add.kind]);
    if (beside !== undefined && isNewer(beside, add.versions.at(-1)!)) continue;
    add.returning = true;
    state.mayReturn = true;
    found.push(add.args);
  }
  return found;
}

/** Whether a root includes (or overwrites) what was added. */
function isIncluded({ versions }: OwnAdd, by: Version, covers: Covers | undefined): boolean {
  if (covers === undefined) return !isNewer(versions[0]!, by);
  return versions.some((version) => includes(by, covers, version));
}

/** A command that adds wherever the key stands by then. */
function readdable(args: readonly Uint8Array[]): readonly Uint8Array[] {
  const name = toByteString(args[0]!).toUpperCase();
  if (name === 'LINSERT') return [fromByteString('RPUSH'), args[1]!, args[4]!];
  if (name === 'LSET') return [fromByteString('RPUSH'), args[1]!, args[3]!];
  return args;
}
