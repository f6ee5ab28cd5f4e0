/** Streams in a key's state: where their cells and trims are kept. The rules are in `stream-merge.ts`. */
import type { ByteString } from '../bytes/byte-string.ts';
import type { StreamValue } from '../commands/stream-cells.ts';
import { compareVersions, isNewer, type Version } from '../version/version.ts';
import { kinds } from './cell-value.ts';
import type { KeyState } from './key-state.ts';
import { isStanding } from './read-key.ts';
import * as entries from './stream-entry.ts';
import * as streams from './stream-merge.ts';
import type { HeldStream, StreamCells } from './stream-step.ts';

export { contentCells as streamCells } from './stream-content.ts';

/** The cell that keeps the trims. */
const trimsCell = 'T';
const none: StreamCells = new Map();

/** Merges a cell of a stream. */
export function mergeStream(state: KeyState, cell: ByteString, version: Version, value: StreamValue | null): void {
  streams.mergeStream(cellsOf(state), cell, version, value);
}

/** Merges a trim. */
export function mergeTrim(state: KeyState, before: ByteString, version: Version): void {
  const cells = cellsOf(state);
  const known = cells.get(trimsCell);
  const trims = entries.mergeTrim(trimsOf(cells), { version, before });
  if (known === undefined) cells.set(trimsCell, { version, value: trims, counts: undefined });
  else {
    known.value = trims;
    if (isNewer(version, known.version)) known.version = version;
  }
}

/** What is remembered of a key's stream. */
export function heldStream(state: KeyState): HeldStream {
  const cells = (state.elements?.[kinds.stream] as StreamCells | undefined) ?? none;
  return { cells, trims: trimsOf(cells), alive: (version) => isStanding(state, kinds.stream, version) };
}

/** Whether what a site added at an ID is there, be it moved. */
export function isEntryHeld({ cells, trims, alive }: HeldStream, id: ByteString, version: Version): boolean {
  const slot = cells.get(`i${id}`)?.value as entries.EntrySlot | undefined;
  const isThere = slot?.adds.some((add) => compareVersions(add.version, version) === 0);
  if (slot === undefined || isThere !== true || !alive(version) || entries.isTrimmed(trims, id, version)) return false;
  return !slot.removals.some((removal) => isNewer(removal, version));
}

function cellsOf(state: KeyState): StreamCells {
  state.elements ??= [];
  state.elements[kinds.stream] ??= new Map();
  return state.elements[kinds.stream] as StreamCells;
}

function trimsOf(cells: StreamCells): readonly entries.Trim[] {
  return (cells.get(trimsCell)?.value as readonly entries.Trim[] | undefined) ?? [];
}
