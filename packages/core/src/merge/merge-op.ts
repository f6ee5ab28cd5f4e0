/**
 * Merging: an op into a key's state. Commutative, associative, idempotent; newest wins.
 *
 * | op | effect |
 * |---|---|
 * | assign | root at its version, string register one index later, expiry register (unless `keep`) |
 * | delete | root, expiry register `none` |
 * | expire | expiry register |
 * | field, member, score | that cell's register; a write is an add of its kind |
 * | count | the origin's running sum on its base |
 */
import type { Op, Origin } from '../entry/entry.ts';
import { isNewer, type Time, type Version } from '../version/version.ts';
import { type CellValue, type KindIndex, kinds } from './cell-value.ts';
import { dropLostCounts, findCount } from './counting.ts';
import { cellOf, eachCell, type KeyState } from './key-state.ts';

/** Who wrote an op, and when. */
export interface Stamp {
  readonly time: Time;
  readonly priority: number;
  readonly origin: Origin;
}

/** Merges one op. @param cut - the stability cut of this site. */
export function mergeOp(state: KeyState, op: Op, stamp: Stamp, cut: Time): void {
  const version: Version = { time: stamp.time, priority: stamp.priority, index: op.index };
  if (stamp.time > state.newest) state.newest = stamp.time;
  switch (op.type) {
    case 'assign': {
      mergeRoot(state, version, cut);
      const written: Version = { time: stamp.time, priority: stamp.priority, index: op.index + 1 };
      mergeRegister(state, kinds.string, '', written, op.value, cut);
      if (op.expiry !== 'keep') mergeExpiry(state, written, op.expiry);
      return;
    }
    case 'delete':
      mergeRoot(state, version, cut);
      mergeExpiry(state, version, null);
      return;
    case 'expire':
      mergeExpiry(state, version, op.at);
      return;
    case 'field':
      mergeRegister(state, kinds.hash, op.field, version, op.value, cut);
      return;
    case 'member':
      mergeRegister(state, kinds.set, op.member, version, op.present ? true : null, cut);
      return;
    case 'score':
      mergeRegister(state, kinds.zset, op.member, version, op.score, cut);
      return;
    case 'count':
      mergeCount(state, op, version, stamp.origin, cut);
  }
}

function mergeRoot(state: KeyState, version: Version, cut: Time): void {
  if (!isNewer(version, state.root)) return;
  state.root = version;
  if (state.counted) eachCell(state, (kind, _field, cell) => dropLostCounts(state, kind, cell, cut));
  if (state.elements === undefined) return;
  for (const cells of state.elements) {
    if (cells === undefined) continue;
    for (const [field, cell] of cells) {
      const dead = cell.version === undefined || !isNewer(cell.version, version);
      if (dead && cell.counts === undefined) cells.delete(field);
    }
  }
}

function mergeRegister(
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
function mergeAdd(state: KeyState, kind: KindIndex, version: Version, cut: Time): void {
  if (!isNewer(version, state.added[kind])) return;
  state.added[kind] = version;
  if (!state.counted) return;
  if (kind !== kinds.string && state.string !== undefined) dropLostCounts(state, kinds.string, state.string, cut);
  for (const other of [kinds.hash, kinds.set, kinds.zset] as const) {
    const cells = other === kind ? undefined : state.elements?.[other];
    if (cells !== undefined) for (const cell of cells.values()) dropLostCounts(state, other, cell, cut);
  }
}

function mergeExpiry(state: KeyState, version: Version, at: number | null): void {
  if (!isNewer(version, state.expiryVersion)) return;
  state.expiryVersion = version;
  state.expiry = at;
}

function mergeCount(
  state: KeyState,
  op: Extract<Op, { type: 'count' }>,
  version: Version,
  origin: Origin,
  cut: Time,
): void {
  const kind = kinds[op.cell];
  const cell = cellOf(state, kind, op.field);
  state.counted = true;
  mergeAdd(state, kind, version, cut);
  const known = findCount(cell, origin, op.base);
  if (known !== undefined) {
    if (isNewer(version, known.version)) {
      known.version = version;
      known.sum = op.sum;
    }
    return;
  }
  // What came before this op and is below the cut is already part of the base here.
  const folded = op.previous !== 0 && op.previous <= cut ? op.sum - op.by : 0n;
  cell.counts ??= [];
  cell.counts.push({ origin, base: op.base, sum: op.sum, folded, version });
  dropLostCounts(state, kind, cell, cut);
}
