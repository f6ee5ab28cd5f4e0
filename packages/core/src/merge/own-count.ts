/**
 * What a local increment becomes: this site's running sum on the cell's base.
 *
 * An increment on a cell that is dead because another kind is newer started from nothing in Redis, so it is a write of the
 * result, not an addition to what the other sites may have there.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { CounterCell, Op, Origin } from '../entry/entry.ts';
import { isNewer } from '../version/version.ts';
import { baseOf, findCount, matchBase, nameBase } from './counting.ts';
import { findCell, kinds } from './key-state.ts';
import type { Model } from './model.ts';
import { liveVersion, newestOtherAdd, numeral } from './read-key.ts';

/** Where and by how much. */
export interface Increment {
  readonly db: number;
  readonly index: number;
  readonly key: ByteString;
  readonly cell: CounterCell;
  readonly field: ByteString;
  readonly by: bigint;
}

/** The op for a local increment. @param origin - our own. */
export function ownCount(model: Model, increment: Increment, origin: Origin): Op {
  const { db, index, key, cell: counterCell, field, by } = increment;
  const kind = kinds[counterCell];
  const state = model.find(db, key);
  const cell = state && findCell(state, kind, field);
  if (state !== undefined) {
    const otherAdd = newestOtherAdd(state, kind, model.cut);
    const live = cell && liveVersion(state, cell, model.cut);
    const dead =
      otherAdd !== undefined && isNewer(otherAdd, state.root) && !(live !== undefined && isNewer(live, otherAdd));
    if (dead) return written(increment);
  }
  const current = state && baseOf(state, cell, model.cut);
  const known = cell?.counts?.find(
    (count) =>
      count.origin === origin &&
      count.version.time > model.cut &&
      matchBase(count.base, current, model.cut) === 'current',
  );
  if (known !== undefined) {
    return {
      type: 'count',
      db,
      index,
      key,
      cell: counterCell,
      field,
      base: known.base,
      sum: known.sum + by,
      by,
      previous: known.version.time,
    };
  }
  const base = nameBase(current, model.cut);
  const sameName = cell && findCount(cell, origin, base);
  const sum = (sameName?.sum ?? 0n) + by;
  return {
    type: 'count',
    db,
    index,
    key,
    cell: counterCell,
    field,
    base,
    sum,
    by,
    previous: sameName?.version.time ?? 0,
  };
}

function written({ db, index, key, cell, field, by }: Increment): Op {
  const value = numeral(kinds[cell], by);
  if (cell === 'string') return { type: 'assign', db, index, key, value: value as Uint8Array, expiry: 'keep' };
  if (cell === 'hash') return { type: 'field', db, index, key, field, value: value as Uint8Array };
  return { type: 'score', db, index, key, member: field, score: value as number };
}
