/**
 * What a local increment becomes: this site's running sum on the cell's base.
 *
 * Where Redis could only add because it holds something else than the model (a value that is being corrected, or nothing
 * because another kind was newer), the increment is a write of its result: that is what the writer saw. So is an increment
 * of a score that is no integer.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { CounterCell, Op, Origin } from '../entry/entry.ts';
import { newest, type Time, type Version } from '../version/version.ts';
import { integerOf, kinds, numeral } from './cell-value.ts';
import { baseOf, counts, findCount, nameBase } from './counting.ts';
import { isEnded, newestEnd } from './ends.ts';
import { findCell, type KeyState } from './key-state.ts';
import type { Model } from './model.ts';
import { type Content, contentOf } from './read-key.ts';

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
  const state = model.recall(db, key);
  const cell = state && findCell(state, kind, field);
  if (state !== undefined) {
    const held = state.shadow?.held(kind, field);
    const result = held === undefined ? undefined : integerOf(held);
    if (result !== undefined && isText(contentOf(state, kind, field, model.cut))) {
      return written(increment, result + by);
    }
  }
  const fraction = state && kind === kinds.zset ? fractionOf(contentOf(state, kind, field, model.cut)) : undefined;
  if (fraction !== undefined) return { type: 'score', db, index, key, member: field, score: fraction + Number(by) };
  const current = state && baseOf(state, kind, cell, model.cut);
  const known = cell?.counts?.find(
    (count) =>
      count.origin === origin &&
      count.version.time > model.cut &&
      counts(state!, kind, cell, count, current, model.cut),
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
  const base = nameBase(state && standOf(state, current, model.cut), model.cut);
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

/**
 * The cell's base, or an end that has taken it away: one that has not may yet be void, by a renewal behind this increment. An end
 * at or below the cut, though it is remembered, says nothing: what was written on it may be there as well, and is not the base any more.
 */
function standOf(state: KeyState, current: Version | undefined, cut: Time): Version | undefined {
  if (current !== undefined && !isEnded(state, current)) return current;
  const end = newestEnd(state);
  return end === undefined || end.time <= cut ? current : newest(current, end);
}

/** A score that cannot be counted on. */
function fractionOf(content: Content | undefined): number | undefined {
  if (content?.type !== 'value' || typeof content.value !== 'number') return undefined;
  return Number.isSafeInteger(content.value) ? undefined : content.value;
}

/** Whether a cell should hold what cannot be added to. */
function isText(content: Content | undefined): boolean {
  return content?.type === 'value' && integerOf(content.value) === undefined;
}

function written({ db, index, key, cell, field }: Increment, result: bigint): Op {
  const value = numeral(kinds[cell], result);
  if (cell === 'string') return { type: 'assign', db, index, key, value: value as Uint8Array, expiry: 'keep' };
  if (cell === 'hash') return { type: 'field', db, index, key, field, value: value as Uint8Array };
  return { type: 'score', db, index, key, member: field, score: value as number };
}
