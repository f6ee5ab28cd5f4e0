/**
 * Counters: which increments count.
 *
 * A cell's value is its base plus what every origin added on that base. The base is the newest of the key's root,
 * every other kind's newest add, and the cell's register. An origin names the base it stood on exactly, or, once that is
 * forgotten there, as "what everybody held at my cut". So no sum has to be kept longer than the window: increments at or below
 * the cut are part of the base. An add of another kind that such an origin had not seen ends only increments older than itself:
 * the newer kind is left.
 */
import type { Base, Origin } from '../entry/entry.ts';
import { compareVersions, isNewer, newest, type Time, type Version } from '../version/version.ts';
import type { KindIndex } from './cell-value.ts';
import { isEnded } from './ends.ts';
import { addedBeside, type Cell, type Count, type KeyState } from './key-state.ts';

/** How the base of an increment stands to the base of the cell. */
export type BaseMatch =
  /** The same: the increment counts. */
  | 'current'
  /** The cell has a newer base: the increment is lost. */
  | 'older'
  /** The increment's base has not arrived yet: it will count then. */
  | 'newer';

/** The version below which all cells of a kind are dead: the newest of the root and every other kind's newest add. */
export function floorOf(state: KeyState, kind: KindIndex): Version | undefined {
  return newest(state.root, addedBeside(state, kind));
}

/** Whether an increment counts: it stands on the cell's base, or on an end newer than that, and no end covers it. */
export function counts(
  state: KeyState,
  kind: KindIndex,
  cell: Cell | undefined,
  count: Pick<Count, 'base' | 'version'>,
  current: Version | undefined,
  cut: Time,
): boolean {
  return matchCount(state, kind, cell, count, current, cut) === 'current' && !isEnded(state, count.version);
}

/**
 * `matchBase` for an increment: its base may also be an end of the key, and another kind's add ends only what is older. That an end is void
 * by a renewal that its site had not seen takes nothing from what was added upon it.
 */
export function matchCount(
  state: KeyState,
  kind: KindIndex,
  cell: Cell | undefined,
  { base, version }: Pick<Count, 'base' | 'version'>,
  current: Version | undefined,
  cut: Time,
): BaseMatch {
  const match = matchBase(base, current, cut);
  if ('stable' in base) {
    const beside = match === 'older' ? addedBeside(state, kind) : undefined;
    if (beside === undefined || !isNewer(version, beside)) return match;
    const own = newest(state.root, cell?.version);
    return own === undefined || own.time <= base.stable ? 'current' : 'older';
  }
  if (match !== 'newer' || state.ends === undefined) return match;
  return state.ends.some((end) => compareVersions(end.version, base.exact) === 0) ? 'current' : 'newer';
}

/** The version a cell's increments must stand on; undefined when it is at or below the cut, or never written. */
export function baseOf(state: KeyState, kind: KindIndex, cell: Cell | undefined, cut: Time): Version | undefined {
  const base = newest(floorOf(state, kind), cell?.version);
  return base === undefined || base.time <= cut ? undefined : base;
}

/** Compares an increment's base with the cell's. */
export function matchBase(base: Base, current: Version | undefined, cut: Time): BaseMatch {
  if ('stable' in base) return current === undefined || current.time <= base.stable ? 'current' : 'older';
  if (current === undefined) return base.exact.time <= cut ? 'current' : 'newer';
  const order = compareVersions(base.exact, current);
  return order === 0 ? 'current' : order < 0 ? 'older' : 'newer';
}

/** How an own increment names the cell's base. @param current - the cell's base, or an end newer than that. */
export function nameBase(current: Version | undefined, cut: Time): Base {
  return current === undefined ? { stable: cut } : { exact: current };
}

/** What all origins together add to the cell now. */
export function sumOf(state: KeyState, kind: KindIndex, cell: Cell, cut: Time): bigint {
  let sum = 0n;
  if (cell.counts === undefined) return sum;
  const base = baseOf(state, kind, cell, cut);
  for (const count of cell.counts) if (counts(state, kind, cell, count, base, cut)) sum += count.sum - count.folded;
  return sum;
}

/** The newest increment that counts; undefined when none does. */
export function newestCount(state: KeyState, kind: KindIndex, cell: Cell, cut: Time): Version | undefined {
  if (cell.counts === undefined) return undefined;
  const base = baseOf(state, kind, cell, cut);
  let version: Version | undefined;
  for (const count of cell.counts) {
    if (isNewer(count.version, version) && counts(state, kind, cell, count, base, cut)) version = count.version;
  }
  return version;
}

/** The record of an origin's increments on a base. */
export function findCount(cell: Cell, origin: Origin, base: Base): Count | undefined {
  return cell.counts?.find((count) => count.origin === origin && sameBase(count.base, base));
}

/** Drops the increments that a newer base has made void. Returns how many distinct records were lost. */
export function dropLostCounts(state: KeyState, kind: KindIndex, cell: Cell, cut: Time): number {
  if (cell.counts === undefined) return 0;
  const base = baseOf(state, kind, cell, cut);
  const kept = cell.counts.filter((count) => matchCount(state, kind, cell, count, base, cut) !== 'older');
  const lost = cell.counts.length - kept.length;
  if (lost > 0) cell.counts = kept.length > 0 ? kept : undefined;
  return lost;
}

function sameBase(a: Base, b: Base): boolean {
  if ('stable' in a) return 'stable' in b && a.stable === b.stable;
  return 'exact' in b && compareVersions(a.exact, b.exact) === 0;
}
