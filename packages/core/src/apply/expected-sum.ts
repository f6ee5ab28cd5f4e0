/** What became of a unit, when nobody remembers how it was decided (an earlier process sent it). */
import type { Op } from '../entry/entry.ts';
import { kinds } from '../merge/cell-value.ts';
import { baseOf, counts } from '../merge/counting.ts';
import { findCell, type KeyState } from '../merge/key-state.ts';
import type { Model } from '../merge/model.ts';
import type { ExpectedSum } from '../merge/shadow.ts';
import { heldStream } from '../merge/stream-cells-merge.ts';
import type { EntrySlot } from '../merge/stream-entry.ts';
import { compareVersions, type Version } from '../version/version.ts';
import type { Settlement } from './effects.ts';

/** An op of an entry, and its version. */
export interface VersionedOp {
  readonly op: Op;
  readonly version: Version;
}

/** What a unit was to do on a key: the ops of its entries, or the settlements of a correction. */
export interface Cause {
  readonly ops: readonly VersionedOp[];
  readonly settlements: readonly Settlement[];
}

/** Counts the cause's increments that stand on the cell's base as it is now. */
export function expectedSum(model: Model, state: KeyState, cause: Cause): ExpectedSum {
  return (kind, field) => {
    const cell = findCell(state, kind, field);
    const base = baseOf(state, kind, cell, model.cut);
    let sum = 0n;
    for (const { op, version } of cause.ops) {
      if (op.type !== 'count' || kinds[op.cell] !== kind || op.field !== field) continue;
      if (counts(state, kind, cell, { base: op.base, version }, base, model.cut)) sum += op.by;
    }
    for (const made of cause.settlements) {
      if (made.kind === kind && made.field === field && sameBase(made.base, base)) sum += made.by;
    }
    return sum;
  };
}

/**
 * Stream entries that the cause has put at an ID which another entry has, too: it may have taken the place of that, if that came in
 * between, and who sent it was to put that back.
 */
export function contestedEntries(state: KeyState, { ops }: Cause): Op[] {
  const { cells } = heldStream(state);
  return ops.flatMap(({ op }) => {
    if (op.type !== 'stream' || op.key !== state.key || op.db !== state.db || op.cell[0] !== 'i') return [];
    const slot = cells.get(op.cell)?.value as EntrySlot | undefined;
    return (slot?.adds.length ?? 0) > 1 ? [op] : [];
  });
}

/** Whether a cell still stands on the base it had when it was corrected; a base may be forgotten in between. */
function sameBase(then: Version | undefined, now: Version | undefined): boolean {
  return now === undefined || (then !== undefined && compareVersions(then, now) === 0);
}
