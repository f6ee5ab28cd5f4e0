/**
 * Reading a key's state: which cells live, and what they should hold.
 *
 * A cell lives when its newest write (or counting increment) is newer than the root and than every other kind's newest
 * add, and no end in force covers it. What the window does not remember is not said: a counter whose base is forgotten has a sum but no value.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { isNewer, type Time, type Version } from '../version/version.ts';
import { type CellValue, integerOf, type KindIndex, kinds, numeral } from './cell-value.ts';
import { baseOf, counts, floorOf, matchCount, newestCount, sumOf } from './counting.ts';
import { hasEnded, isEnded } from './ends.ts';
import { isChainLive, isVeiled } from './guarded.ts';
import { addedOf, type Cell, eachCell, findCell, type KeyState, type Layer, someCell } from './key-state.ts';
import { isRemoved } from './ranges.ts';
import { countStanding } from './stream-merge.ts';
import type { StreamCells } from './stream-step.ts';

/** What a cell should hold. */
export type Content =
  | { readonly type: 'value'; readonly value: CellValue }
  | { readonly type: 'absent' }
  /** Alive, but its base is forgotten; only what was added to it is known. */
  | { readonly type: 'added'; readonly sum: bigint }
  /** Alive, but made by commands that were run one upon the other: nobody remembers what of. */
  | { readonly type: 'unknown' };

const absent: Content = { type: 'absent' };
const unknown: Content = { type: 'unknown' };

/** Whether a cell lives. */
export function isLive(state: KeyState, kind: KindIndex, cell: Cell, cut: Time, field: ByteString): boolean {
  return isWritten(state, kind, cell, field) || newestCount(state, kind, cell, cut) !== undefined;
}

/** Whether a cell's register lives. */
function isWritten(state: KeyState, kind: KindIndex, cell: Cell, field: ByteString): boolean {
  const { version, value } = cell;
  if (version === undefined || value === null || !isStanding(state, kind, version)) return false;
  return kind !== kinds.zset || state.ranges === undefined || !isRemoved(state.ranges, version, field, value as number);
}

/** Whether a write is neither below its kind's floor nor covered by an end. */
export function isStanding(state: KeyState, kind: KindIndex, version: Version): boolean {
  return isNewer(version, floorOf(state, kind)) && !isEnded(state, version);
}

/** Whether there is a stream, as far as is remembered: an emptied one stays. */
export function isStreamLive(state: KeyState): boolean {
  const added = addedOf(state, kinds.stream);
  if (added !== undefined && isStanding(state, kinds.stream, added)) return true;
  return state.ends !== undefined && countStream(state) > 0;
}

function countStream(state: KeyState): number {
  const cells = state.elements?.[kinds.stream];
  return cells === undefined
    ? 0
    : countStanding(cells as StreamCells, (version) => isStanding(state, kinds.stream, version));
}

/** Whether a bit or a sketch element lives. */
export function isLayerLive(state: KeyState, layer: Layer): boolean {
  return isNewer(layer.version, state.string?.version) && isStanding(state, kinds.string, layer.version);
}

/** Whether any bit or sketch element lives. */
export function hasLiveLayers(state: KeyState): boolean {
  if (state.layers === undefined) return false;
  for (const layer of state.layers.values()) if (isLayerLive(state, layer)) return true;
  return false;
}

/** What a cell should hold, as far as the window knows it; undefined when the window knows nothing of it. */
export function contentOf(state: KeyState, kind: KindIndex, field: ByteString, cut: Time): Content | undefined {
  const cell = findCell(state, kind, field);
  if (cell !== undefined) return contentOfCell(state, kind, cell, cut, field);
  if (kind !== kinds.zset && isChainLive(state, kind)) return unknown;
  return floorOf(state, kind) === undefined && !hasEnded(state, cut) ? undefined : absent;
}

/** The same for a cell at hand. */
export function contentOfCell(
  state: KeyState,
  kind: KindIndex,
  cell: Cell,
  cut: Time,
  field: ByteString,
): Content | undefined {
  return isVeiled(state, kind, cell.version) ? unknown : writtenContent(state, kind, cell, cut, field);
}

/** The same, whatever commands that were run one upon the other have made of it. */
export function writtenContent(
  state: KeyState,
  kind: KindIndex,
  cell: Cell,
  cut: Time,
  field: ByteString,
): Content | undefined {
  const known = cell.version !== undefined && isStanding(state, kind, cell.version);
  const written = !known ? undefined : isWritten(state, kind, cell, field) ? cell.value : null;
  const ended = hasEnded(state, cut);
  if (newestCount(state, kind, cell, cut) === undefined) {
    if (written !== undefined) return written === null ? absent : { type: 'value', value: written };
    // Only increments whose base is yet to come: what the cell holds meanwhile is below the cut.
    return floorOf(state, kind) === undefined && cell.version === undefined && !ended ? undefined : absent;
  }
  const sum = sumOf(state, kind, cell, cut);
  // The base is forgotten, and with it increments that stood on it and are part of it by now.
  if (!ended && baseOf(state, kind, cell, cut) === undefined) return { type: 'added', sum };
  const base = integerOf(written ?? null);
  // What is no integer cannot be added to: no server does it.
  return { type: 'value', value: base === undefined ? written! : numeral(kind, base + sum) };
}

/** Whether everything that lives of the key is remembered. */
export function isKnownWhole(state: KeyState, cut: Time): boolean {
  const rooted = state.root !== undefined && state.root.time > cut;
  // What lives is newer than the second newest kind.
  const kindChanged = state.otherAdd !== undefined && state.otherAdd.time > cut;
  return rooted || kindChanged || hasEnded(state, cut);
}

/** What lives of what is remembered. An end that changes neither number takes nothing away and brings nothing to life. */
export interface Living {
  /** Writes and increments that live. */
  readonly living: number;
  /** Increments whose base is yet to come: an end may be it. */
  readonly waiting: number;
}

/** Counts what lives. */
export function countLiving(state: KeyState, cut: Time): Living {
  let living = 0;
  let waiting = 0;
  eachCell(state, (kind, field, cell) => {
    if (isWritten(state, kind, cell, field)) living++;
    if (cell.counts === undefined) return;
    const base = baseOf(state, kind, cell, cut);
    for (const count of cell.counts) {
      if (counts(state, kind, cell, count, base, cut)) living++;
      else if (matchCount(state, kind, cell, count, base, cut) === 'newer') waiting++;
    }
  });
  for (const layer of state.layers?.values() ?? []) if (isLayerLive(state, layer)) living++;
  if (state.chain !== undefined && isChainLive(state, kinds[state.chain.kind])) living++;
  // An emptied stream is there all the same.
  const stream = isStreamLive(state) ? 1 + countStream(state) : 0;
  return { living: living + stream, waiting };
}

/** Whether the key is certainly absent: everything about it is remembered, and nothing of it lives. */
export function isKnownDead(state: KeyState, cut: Time): boolean {
  if (!isKnownWhole(state, cut)) return false;
  if (state.chain !== undefined && isChainLive(state, kinds[state.chain.kind])) return false;
  if (hasLiveLayers(state) || isStreamLive(state)) return false;
  return !someCell(state, (kind, field, cell) => contentOfCell(state, kind, cell, cut, field)?.type !== 'absent');
}
