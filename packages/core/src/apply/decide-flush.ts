/** Deciding another site's flush: every key of a database goes, and what is newer is put back. */
import type { Op } from '../entry/entry.ts';
import { expiryOf } from '../merge/ends.ts';
import type { KeyState } from '../merge/key-state.ts';
import { noteWipe } from '../merge/lost-adds.ts';
import type { Stamp } from '../merge/merge-op.ts';
import type { Model } from '../merge/model.ts';
import type { FlushRule } from '../policy/site-rules.ts';
import { compareVersions } from '../version/version.ts';
import type { Effects } from './effects.ts';
import { keepUnknown, putBack } from './rewrite.ts';

/**
 * Merges a flush and appends what it takes to `effects`. Returns whether it flushes: one that is newer has done so.
 * @param rules - which keys it spares; undefined: none.
 */
export function decideFlush(
  model: Model,
  op: Extract<Op, { type: 'flush' }>,
  stamp: Stamp,
  effects: Effects,
  rules?: readonly FlushRule[],
): boolean {
  const states = model.flush(op, stamp);
  if (states === undefined) return false;
  const version = { time: stamp.time, priority: stamp.priority, index: op.index };
  const kept = new Set<KeyState>();
  for (const state of states) {
    if (state.chain === undefined) continue;
    effects.select(state.db);
    if (keepUnknown(state, effects)) kept.add(state);
  }
  effects.select(op.db);
  if (rules === undefined) effects.flush(op.key === '*');
  else effects.flushBut(op.key === '*', rules);
  if (kept.size > 0) effects.putKept();
  for (const state of states) {
    // A key whose root is newer holds what was added after that.
    if (state.root === undefined || compareVersions(state.root, version) === 0)
      noteWipe(state, version, undefined, model.call);
    effects.select(state.db);
    const expiry = expiryOf(state);
    if ((putBack(model, state, effects) || kept.has(state)) && expiry !== null) effects.expire(state.key, expiry);
  }
  return true;
}
