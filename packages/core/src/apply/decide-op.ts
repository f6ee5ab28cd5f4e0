/**
 * Deciding a remote op: merge it, and say what Redis must be told so that it holds what the model says.
 *
 * Rules: an op that loses writes nothing. A root deletes the key and puts back what is newer than it. Where a cell comes
 * to life on a key whose expiry register is remembered, the expiry is set again, since the key may just have been made.
 * Local writes not yet seen in the stream are not known here; what they make wrong is found when the batch's marker
 * returns (`compare-key.ts`).
 */

import type { Op } from '../entry/entry.ts';
import { integerOf, type KindIndex, kindNames, kinds } from '../merge/cell-value.ts';
import { baseOf, matchBase, sumOf } from '../merge/counting.ts';
import { eachCell, findCell, type KeyState } from '../merge/key-state.ts';
import type { Stamp } from '../merge/merge-op.ts';
import type { Model } from '../merge/model.ts';
import { contentOfCell, isLive } from '../merge/read-key.ts';
import { isNewer } from '../version/version.ts';
import type { Effects } from './effects.ts';

/** How an op fared: `won` (it has, or will have, effect), or why not. */
export type Outcome = 'won' | `${'string' | 'hash' | 'set' | 'zset' | 'delete' | 'expiry' | 'count'}/remote-lost`;

/** What became of one op, and the key it concerns. */
export interface Decision {
  readonly outcome: Outcome;
  readonly state: KeyState;
}

/** Merges a remote op and appends what it takes to `effects`. */
export function decideOp(model: Model, op: Op, stamp: Stamp, effects: Effects): Decision {
  const state = model.obtain(op.db, op.key);
  const { root, expiryVersion } = state;
  const kind = elementKind(op);
  const added = kind === undefined ? undefined : state.added[kind];
  const sum = op.type === 'count' ? currentSum(state, op, model) : 0n;
  model.mergeInto(state, op, stamp);
  effects.select(op.db);
  const { count } = effects;
  const outcome = decide(
    model,
    op,
    stamp,
    effects,
    state,
    state.root !== root,
    state.expiryVersion !== expiryVersion,
    sum,
  );
  // An add that is dead itself, or whose base is yet to come, has killed what is older and of other kinds all the same.
  const wrote = outcome === 'won' && effects.count > count;
  if (kind !== undefined && !wrote && state.added[kind] !== added && isNewer(state.added[kind]!, state.root))
    clearDead(model, effects, state, kind);
  return { outcome, state };
}

function elementKind(op: Op): KindIndex | undefined {
  if (op.type === 'count') return kinds[op.cell];
  return op.type === 'field'
    ? kinds.hash
    : op.type === 'member'
      ? kinds.set
      : op.type === 'score'
        ? kinds.zset
        : undefined;
}

/** After an add that wrote nothing: removes the cells of other kinds that are older. */
function clearDead(model: Model, effects: Effects, state: KeyState, kind: KindIndex): void {
  const others = state.added.filter((added, other) => other !== kind && added !== undefined && added.time > model.cut);
  // With adds of two kinds remembered, what lives is newer than the older of them: all of it is remembered.
  if (others.length > 0) rewrite(model, state, effects);
  // Otherwise the key holds this kind, or one that is forgotten.
  else effects.clear(kind, state.key);
}

function decide(
  model: Model,
  op: Op,
  stamp: Stamp,
  effects: Effects,
  state: KeyState,
  rooted: boolean,
  expiring: boolean,
  sum: bigint,
): Outcome {
  switch (op.type) {
    case 'assign':
      if (rooted) return decideAssign(model, op, effects, state);
      if (expiring) effects.expire(op.key, state.expiry);
      return 'string/remote-lost';
    case 'delete':
      if (rooted) {
        rewrite(model, state, effects);
        return 'won';
      }
      if (expiring) effects.expire(op.key, state.expiry);
      return 'delete/remote-lost';
    case 'expire':
      if (!expiring) return 'expiry/remote-lost';
      effects.expire(op.key, state.expiry);
      return 'won';
    case 'field':
      return decideElement(model, stamp, op.index, effects, state, kinds.hash, op.field);
    case 'member':
      return decideElement(model, stamp, op.index, effects, state, kinds.set, op.member);
    case 'score':
      return decideElement(model, stamp, op.index, effects, state, kinds.zset, op.member);
    case 'count':
      return decideCount(model, op, effects, state, sum);
  }
}

function decideAssign(model: Model, op: Extract<Op, { type: 'assign' }>, effects: Effects, state: KeyState): Outcome {
  const cell = state.string!;
  if (!isLive(state, kinds.string, cell, model.cut)) {
    rewrite(model, state, effects);
    return 'string/remote-lost';
  }
  const content = contentOfCell(state, kinds.string, cell, model.cut);
  const value = content?.type === 'value' ? (content.value as Uint8Array) : op.value;
  if (op.expiry === 'keep') {
    effects.set(op.key, value, 'keep');
    if (state.expiry !== null) effects.expire(op.key, state.expiry);
  } else effects.set(op.key, value, state.expiry);
  return 'won';
}

/** Deletes a key and writes again what lives. */
function rewrite(model: Model, state: KeyState, effects: Effects): void {
  effects.delete(state.key);
  let alive = false;
  eachCell(state, (kind, field, cell) => {
    const content = contentOfCell(state, kind, cell, model.cut);
    if (content?.type !== 'value') return;
    effects.write(kind, state.key, field, content.value);
    alive = true;
  });
  if (alive && state.expiry !== null) effects.expire(state.key, state.expiry);
}

function decideElement(
  model: Model,
  stamp: Stamp,
  index: number,
  effects: Effects,
  state: KeyState,
  kind: KindIndex,
  field: string,
): Outcome {
  const cell = findCell(state, kind, field);
  const version = cell?.version;
  const won =
    version !== undefined &&
    version.time === stamp.time &&
    version.priority === stamp.priority &&
    version.index === index;
  const lost: Outcome = `${kindNames[kind]!}/remote-lost`;
  if (cell === undefined || !won || !isNewer(version, state.root)) return lost;
  const content = contentOfCell(state, kind, cell, model.cut);
  const value = content?.type === 'value' ? content.value : null;
  if (value !== null) {
    effects.write(kind, state.key, field, value);
    if (state.expiry !== null) effects.expire(state.key, state.expiry);
    return 'won';
  }
  // It may have made increments void that are still there.
  effects.remove(kind, state.key, field);
  return cell.value === null ? 'won' : lost;
}

function decideCount(
  model: Model,
  op: Extract<Op, { type: 'count' }>,
  effects: Effects,
  state: KeyState,
  before: bigint,
): Outcome {
  const kind = kinds[op.cell];
  const cell = findCell(state, kind, op.field);
  const match = matchBase(op.base, baseOf(state, kind, cell, model.cut), model.cut);
  if (match === 'newer') return 'won';
  if (match === 'older' || cell === undefined || !isLive(state, kind, cell, model.cut)) return 'count/remote-lost';
  const content = contentOfCell(state, kind, cell, model.cut);
  if (content?.type === 'value' && integerOf(content.value) === undefined) return 'count/remote-lost';
  const by = sumOf(state, kind, cell, model.cut) - before;
  if (by === 0n && op.by !== 0n) return 'won';
  effects.add(kind, op.key, op.field, by);
  if (state.expiry !== null) effects.expire(op.key, state.expiry);
  return 'won';
}

function currentSum(state: KeyState, op: Extract<Op, { type: 'count' }>, model: Model): bigint {
  const cell = findCell(state, kinds[op.cell], op.field);
  return cell === undefined ? 0n : sumOf(state, kinds[op.cell], cell, model.cut);
}
