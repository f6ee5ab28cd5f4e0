/** Own adds: what guarded commands of ours had added, and another site's state or root has taken away. */
import { fromByteString, toByteString } from '../bytes/byte-string.ts';
import type { Covers } from '../entry/entry.ts';
import { isNewer, type Version } from '../version/version.ts';
import { kinds } from './cell-value.ts';
import { includes, isEnded } from './ends.ts';
import { addedBeside, type KeyState, type OwnAdd } from './key-state.ts';

const none: readonly never[] = [];

/**
 * What is gone with the op that has made a key anew (`KeyState.wipedBy`), and is not on its way back yet. From now on it
 * counts as returning. What was deleted, or lost to a newer add of another kind, stays gone.
 */
export function takeLostAdds(state: KeyState): readonly OwnAdd[] {
  const { adds, wipedBy, wipedCovers } = state;
  state.wipedBy = undefined;
  if (wipedBy === undefined || adds === undefined) return none;
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
