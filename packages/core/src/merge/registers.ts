/** Merging what ops are made of: roots, registers, adds of a kind, expiry registers. */
import type { Covers, Expiry } from '../entry/entry.ts';
import { isNewer, type Time, type Version } from '../version/version.ts';
import { type CellValue, type KindIndex, kinds } from './cell-value.ts';
import { dropLostCounts } from './counting.ts';
import { dropAdds } from './guarded.ts';
import { cellOf, type ExpiryRegister, eachCell, elementKinds, type KeyState, noteAdd } from './key-state.ts';

/** The version at which an op's content is written. */
export function writtenVersion(version: Version): Version {
  return { time: version.time, priority: version.priority, index: version.index + 1 };
}

/** Notes who wrote to the content, and when last. */
export function noteContent(state: KeyState, version: Version): void {
  if (state.writer === 0) state.writer = version.priority;
  else if (state.writer !== version.priority) state.writer = -1;
  if (isNewer(version, state.content)) state.content = version;
}

/** Merges a root: an overwriting or deleting version. */
export function mergeRoot(state: KeyState, version: Version, cut: Time, covers?: Covers): void {
  if (!isNewer(version, state.root)) return;
  state.root = version;
  state.rootDeletes = false;
  state.rootLostTo = undefined;
  state.rootCovers = covers;
  if (covers === undefined && state.adds !== undefined) dropAdds(state, (added) => !isNewer(added, version));
  // What was run upon what is gone is done again by those who ran it.
  if (state.chain !== undefined && state.chain.kind !== 'zset') state.chain = undefined;
  if (state.missed !== undefined) wantMissed(state, state.missed, version);
  if (state.wanted !== undefined && isNewer(version, state.wanted)) state.wanted = undefined;
  if (state.ends !== undefined) dropEnds(state, version);
  if (state.counted) eachCell(state, (kind, _field, cell) => dropLostCounts(state, kind, cell, cut));
  if (state.layers !== undefined) dropLayers(state, version);
  if (state.elements === undefined) return;
  for (const cells of state.elements) {
    if (cells === undefined) continue;
    for (const [field, cell] of cells) {
      const dead = cell.version === undefined || !isNewer(cell.version, version);
      if (dead && cell.counts === undefined) cells.delete(field);
    }
  }
}

/** What was lost to commands that stood on something older than this root, and is newer, its site knows. */
function wantMissed(state: KeyState, missed: ReadonlyMap<number, Time>, root: Version): void {
  state.missed = undefined;
  for (const [priority, before] of missed) {
    const first: Version = { time: before + 1, priority, index: 0 };
    if (isNewer(first, root) && isNewer(first, state.wanted)) state.wanted = first;
  }
}

function dropLayers(state: KeyState, root: Version): void {
  for (const [id, layer] of state.layers!) if (!isNewer(layer.version, root)) state.layers!.delete(id);
  if (state.layers!.size === 0) state.layers = undefined;
}

/** Drops the ends that have nothing left to cover: no cell, and (SET KEEPTTL writes none) no expiry register. */
function dropEnds(state: KeyState, root: Version): void {
  const { expiryVersion } = state;
  const ends = state.ends!.filter(
    ({ version }) => isNewer(version, root) || expiryVersion === undefined || isNewer(version, expiryVersion),
  );
  if (ends.length < state.ends!.length) state.ends = ends.length > 0 ? ends : undefined;
}

/** Merges a write to a cell: the newest wins. */
export function mergeRegister(
  state: KeyState,
  kind: KindIndex,
  field: string,
  version: Version,
  value: CellValue | null,
  cut: Time,
): void {
  if (value !== null) mergeAdd(state, kind, version, cut);
  const cell = cellOf(state, kind, field);
  if (!isNewer(version, cell.version)) return;
  cell.version = version;
  cell.value = value;
  if (cell.counts !== undefined) dropLostCounts(state, kind, cell, cut);
}

/** An add of a kind: a new floor for the other kinds. What that makes void is dropped now, since floors are forgotten. */
export function mergeAdd(state: KeyState, kind: KindIndex, version: Version, cut: Time): void {
  if (!noteAdd(state, kind, version) || !state.counted) return;
  if (kind !== kinds.string && state.string !== undefined) dropLostCounts(state, kinds.string, state.string, cut);
  for (const other of elementKinds) {
    const cells = other === kind ? undefined : state.elements?.[other];
    if (cells !== undefined) for (const cell of cells.values()) dropLostCounts(state, other, cell, cut);
  }
}

/** Merges an expiry register. @param byRoot - whether a root sets it. */
export function mergeExpiry(state: KeyState, version: Version, at: Expiry, byRoot: boolean): void {
  const { expiry, expiryVersion } = state;
  if (!isNewer(version, expiryVersion)) {
    if (version.priority !== expiryVersion!.priority) noteOlderExpiry(state, { version, at });
    return;
  }
  if (expiryVersion !== undefined && expiryVersion.priority !== version.priority)
    noteOlderExpiry(state, { version: expiryVersion, at: expiry }, version.priority);
  state.expiryVersion = version;
  state.expiry = at;
  state.expiryByRoot = byRoot;
}

/** Keeps a register beside the newest. @param not - the site whose register is the newest now. */
function noteOlderExpiry(state: KeyState, register: ExpiryRegister, not: number = -1): void {
  const { priority } = register.version;
  const kept = state.olderExpiries ?? [];
  if (kept.some(({ version }) => version.priority === priority && !isNewer(register.version, version))) return;
  state.olderExpiries = [
    ...kept.filter(({ version }) => version.priority !== priority && version.priority !== not),
    register,
  ];
}
