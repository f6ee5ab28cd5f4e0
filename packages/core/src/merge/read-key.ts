/**
 * Reading a key's state: which cells live, and what they should hold.
 *
 * A cell lives when its newest write (or counting increment) is newer than the root and than every other kind's newest
 * add. What the window does not remember is not said: a counter whose base is forgotten has a sum but no value.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { isNewer, newest, type Time, type Version } from '../version/version.ts';
import { type CellValue, integerOf, type KindIndex, numeral } from './cell-value.ts';
import { newestCount, sumOf } from './counting.ts';
import { type Cell, eachCell, findCell, type KeyState } from './key-state.ts';

/** What a cell should hold. */
export type Content =
  | { readonly type: 'value'; readonly value: CellValue }
  | { readonly type: 'absent' }
  /** Alive, but its base is forgotten; only what was added to it is known. */
  | { readonly type: 'added'; readonly sum: bigint };

const absent: Content = { type: 'absent' };

/** The newest add of any kind but `kind`. */
export function newestOtherAdd(state: KeyState, kind: KindIndex, cut: Time): Version | undefined {
  let version: Version | undefined;
  for (let other = 0; other < state.added.length; other++)
    if (other !== kind) version = newest(version, state.added[other]);
  if (state.counted) {
    eachCell(state, (other, _field, cell) => {
      if (other !== kind && cell.counts !== undefined) version = newest(version, newestCount(state, cell, cut));
    });
  }
  return version;
}

/** The version by which a cell lives, before other kinds are looked at; undefined when it is removed or dead. */
export function liveVersion(state: KeyState, cell: Cell, cut: Time): Version | undefined {
  const counted = newestCount(state, cell, cut);
  const written =
    cell.version !== undefined && cell.value !== null && isNewer(cell.version, state.root) ? cell.version : undefined;
  return newest(written, counted);
}

/** Whether a cell lives. */
export function isLive(state: KeyState, kind: KindIndex, cell: Cell, cut: Time): boolean {
  const version = liveVersion(state, cell, cut);
  return version !== undefined && isNewer(version, newestOtherAdd(state, kind, cut));
}

/** What a cell should hold, as far as the window knows it; undefined when the window knows nothing of it. */
export function contentOf(state: KeyState, kind: KindIndex, field: ByteString, cut: Time): Content | undefined {
  const cell = findCell(state, kind, field);
  if (cell === undefined)
    return state.root !== undefined || newestOtherAdd(state, kind, cut) !== undefined ? absent : undefined;
  return contentOfCell(state, kind, cell, cut);
}

/** The same for a cell at hand. */
export function contentOfCell(state: KeyState, kind: KindIndex, cell: Cell, cut: Time): Content | undefined {
  const version = liveVersion(state, cell, cut);
  const otherAdd = newestOtherAdd(state, kind, cut);
  if (version === undefined || !isNewer(version, otherAdd)) {
    // Only increments whose base is yet to come: what the cell holds meanwhile is below the cut.
    const unknown =
      version === undefined && cell.version === undefined && state.root === undefined && otherAdd === undefined;
    return unknown ? undefined : absent;
  }
  const sum = sumOf(state, cell, cut);
  const written = cell.version !== undefined && isNewer(cell.version, state.root) ? cell.value : undefined;
  if (written === undefined) {
    // No register above the root: the base is the root (nothing) or forgotten.
    const known = state.root !== undefined && state.root.time > cut;
    return known ? { type: 'value', value: numeral(kind, sum) } : { type: 'added', sum };
  }
  if (cell.counts === undefined || newestCount(state, cell, cut) === undefined) {
    return written === null ? absent : { type: 'value', value: written };
  }
  const base = integerOf(written);
  // What is no integer cannot be added to: no server does it.
  return { type: 'value', value: base === undefined ? (written as CellValue) : numeral(kind, base + sum) };
}

/** Whether the key is certainly absent: everything about it is remembered, and nothing of it lives. */
export function isKnownDead(state: KeyState, cut: Time): boolean {
  if (state.root === undefined || state.root.time <= cut) return false;
  let dead = true;
  eachCell(state, (kind, _field, cell) => {
    if (dead && contentOfCell(state, kind, cell, cut)?.type !== 'absent') dead = false;
  });
  return dead;
}
