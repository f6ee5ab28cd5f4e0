/** Own adds: what guarded commands of ours had added, and another site's state or root has taken away. */
import { fromByteString, toByteString } from '../bytes/byte-string.ts';
import type { Covers } from '../entry/entry.ts';
import { isNewer, type Version } from '../version/version.ts';
import { kinds } from './cell-value.ts';
import { includes, isEnded } from './ends.ts';
import { addedBeside, type KeyState, type OwnAdd } from './key-state.ts';

const none: readonly never[] = [];

/**
 * A call makes the key anew: what commands of ours have added to it is gone, unless that is included, and to be added again.
 * @param by - the op for which it does; undefined: what was added stays gone.
 * @param covers - what that includes of others; undefined: everything older.
 */
export function noteWipe(state: KeyState, by: Version | undefined, covers: Covers | undefined, call: number): void {
  if (state.wipedBy !== undefined && state.wipedIn !== call && state.adds !== undefined)
    state.wipedBefore = [...(state.wipedBefore ?? []), state.wipedIn];
  state.wipedBy = by;
  state.wipedCovers = covers;
  state.wipedIn = call;
}

/**
 * What is gone since a call that has made the key anew was seen, and neither on its way back yet nor brought by a later such
 * call. From now on it counts as returning: it is decided with what that call settles, whatever becomes of the later ones.
 * What was deleted, or lost to a newer add of another kind, stays gone.
 */
export function takeLostAdds(state: KeyState, call: number): readonly OwnAdd[] {
  const { adds, wipedBy, wipedCovers, wipedIn, wipedBefore } = state;
  if (wipedBy === undefined) return none;
  if (wipedIn === call) {
    state.wipedBy = undefined;
    state.wipedBefore = undefined;
  } else if (wipedBefore?.includes(call) !== true) return none;
  if (adds === undefined) return none;
  const found: OwnAdd[] = [];
  for (const add of adds) {
    if (add.returning || isIncluded(add, wipedBy, wipedCovers) || isEnded(state, add.versions.at(-1)!)) continue;
    const beside = addedBeside(state, kinds[add.kind]);
    if (beside !== undefined && isNewer(beside, add.versions.at(-1)!)) continue;
    add.returning = true;
    state.mayReturn = true;
    found.push(add);
  }
  return found;
}

/** Whether a root includes (or overwrites) what was added. */
function isIncluded({ versions }: OwnAdd, by: Version, covers: Covers | undefined): boolean {
  if (covers === undefined) return !isNewer(versions[0]!, by);
  return versions.some((version) => includes(by, covers, version));
}

/** The command that adds it wherever the key stands by then. */
export function commandAgain({ args }: OwnAdd): readonly Uint8Array[] {
  const name = toByteString(args[0]!).toUpperCase();
  if (name === 'LINSERT') return [fromByteString('RPUSH'), args[1]!, args[4]!];
  if (name === 'LSET') return [fromByteString('RPUSH'), args[1]!, args[3]!];
  return args;
}
