/**
 * Reading a key's state: which cells live, and what they should hold.
 *
 * A cell lives when its newest write (or counting increment) is newer than the root and than every other kind's newest
 * add. What the window does not remember is not said: a counter whose base is forgotten has a sum but no value.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { isNewer, type Time } from '../version/version.ts';
import { type CellValue, integerOf, type KindIndex, numeral } from './cell-value.ts';
import { baseOf, floorOf, newestCount, sumOf } from './counting.ts';
import { type Cell, eachCell, findCell, type KeyState } from './key-state.ts';

/** What a cell should hold. */
export type Content =
  | { readonly type: 'value'; readonly value: CellValue }
  | { readonly type: 'absent' }
  /** Alive, but its base is forgotten; only what was added to it is known. */
  | { readonly type: 'added'; readonly sum: bigint };

const absent: Content = { type: 'absent' };

/** Whether a cell lives. */
export function isLive(state: KeyState, kind: KindIndex, cell: Cell, cut: Time): boolean {
  const written = cell.version !== undefined && cell.value !== null && isNewer(cell.version, floorOf(state, kind));
  return written || newestCount(state, kind, cell, cut) !== undefined;
}

/** What a cell should hold, as far as the window knows it; undefined when the window knows nothing of it. */
export function contentOf(state: KeyState, kind: KindIndex, field: ByteString, cut: Time): Content | undefined {
  const cell = findCell(state, kind, field);
  if (cell === undefined) return floorOf(state, kind) === undefined ? undefined : absent;
  return contentOfCell(state, kind, cell, cut);
}

/** The same for a cell at hand. */
export function contentOfCell(state: KeyState, kind: KindIndex, cell: Cell, cut: Time): Content | undefined {
  const floor = floorOf(state, kind);
  const written = cell.version !== undefined && isNewer(cell.version, floor) ? cell.value : undefined;
  if (newestCount(state, kind, cell, cut) === undefined) {
    if (written !== undefined) return written === null ? absent : { type: 'value', value: written };
    // Only increments whose base is yet to come: what the cell holds meanwhile is below the cut.
    return floor === undefined && cell.version === undefined ? undefined : absent;
  }
  const sum = sumOf(state, kind, cell, cut);
  // The base is forgotten, and with it increments that stood on it and are part of it by now.
  if (baseOf(state, kind, cell, cut) === undefined) return { type: 'added', sum };
  const base = integerOf(written ?? null);
  // What is no integer cannot be added to: no server does it.
  return { type: 'value', value: base === undefined ? written! : numeral(kind, base + sum) };
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
