/** Forgetting: what of a key's state is at or below the cut, and so in what everybody holds. */
import type { Time, Version } from '../version/version.ts';
import { kinds } from './cell-value.ts';
import { covers } from './ends.ts';
import { type Cell, type End, eachCell, type KeyState } from './key-state.ts';

/**
 * Forgets the parts of a key that are at or below the cut.
 * @param kept - the cut of a while ago: down to it, what was added to a contested key is remembered.
 */
export function pruneState(state: KeyState, cut: Time, kept: Time): void {
  if (state.root !== undefined && state.root.time <= cut) state.root = undefined;
  forgetExpiry(state, cut);
  if (state.otherAdd !== undefined && state.otherAdd.time <= cut) {
    state.otherAdd = undefined;
    state.otherKind = -1;
  }
  if (state.newestAdd !== undefined && state.newestAdd.time <= cut) {
    state.newestAdd = undefined;
    state.newestKind = -1;
  }
  if (state.content !== undefined && state.content.time <= cut) {
    state.content = undefined;
    state.writer = 0;
  }
  pruneRare(state, cut, kept);
  const stream = state.elements?.[kinds.stream];
  if (stream !== undefined)
    for (const [name, cell] of stream) if (cell.version !== undefined && cell.version.time <= cut) stream.delete(name);
  eachCell(state, (kind, field, cell) => {
    if (!pruneCell(cell, cut)) return;
    if (kind === kinds.string) state.string = undefined;
    else state.elements?.[kind]?.delete(field);
  });
}

/**
 * Forgets when a key expires, as far as that was said at or below the cut. What a site had not seen that ended the key (it may
 * make that void) is remembered as long as the end.
 */
export function forgetExpiry(state: KeyState, cut: Time): void {
  const { expiryVersion, ends } = state;
  const isUnseen = (end: End): boolean => end.version.time > cut && !covers(end, expiryVersion!);
  if (expiryVersion !== undefined && expiryVersion.time <= cut && ends?.some(isUnseen) !== true) {
    state.expiryVersion = undefined;
    state.expiry = null;
  }
  if (state.olderExpiries !== undefined) state.olderExpiries = kept(state.olderExpiries, cut);
}

function pruneRare(state: KeyState, cut: Time, keptCut: Time): void {
  if (state.ends !== undefined) state.ends = kept(state.ends, cut);
  if (state.ranges !== undefined) state.ranges = kept(state.ranges, cut);
  if (state.layers !== undefined) {
    for (const [id, layer] of state.layers) if (layer.version.time <= cut) state.layers.delete(id);
    if (state.layers.size === 0) state.layers = undefined;
  }
  if (state.chain !== undefined && state.chain.version.time <= cut) state.chain = undefined;
  // `missed` stays as long as the key: a state that is still to be asked for must say what it lacks.
  if (state.adds !== undefined) forgetAdds(state, isContested(state) ? keptCut : cut);
}

/**
 * Whether other sites have had a hand in it, or have made it anew. What everybody has received is then not what everybody
 * holds: a site that ran no command of ours may yet tell of the key without what it added.
 */
export function isContested(state: KeyState): boolean {
  return state.touchedBy === -1 || state.root !== undefined;
}

/** What was added is in what everybody holds once it is at or below the cut. */
function forgetAdds(state: KeyState, cut: Time): void {
  if (state.wanted !== undefined) return;
  const left = state.adds!.filter((add) => add.returning || add.versions.at(-1)!.time > cut);
  state.adds = left.length > 0 ? left : undefined;
}

function kept<T extends { readonly version: Version }>(items: readonly T[], cut: Time): readonly T[] | undefined {
  const left = items.filter((item) => item.version.time > cut);
  return left.length > 0 ? left : undefined;
}

/** Whether nothing of the cell is left. */
function pruneCell(cell: Cell, cut: Time): boolean {
  if (cell.counts !== undefined) {
    const kept = cell.counts.filter((count) => count.version.time > cut);
    cell.counts = kept.length > 0 ? kept : undefined;
  }
  // A register with increments above the cut keeps its value: it is their base.
  if (cell.version === undefined || cell.version.time > cut)
    return cell.version === undefined && cell.counts === undefined;
  return cell.counts === undefined;
}
