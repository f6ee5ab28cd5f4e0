/** Whether a key that our own writes meet is absent, as far as the model tells. */

import type { Op } from '../entry/entry.ts';
import { kindAdded } from '../merge/align-expiry.ts';
import { kinds } from '../merge/cell-value.ts';
import { expiredAt, newestEnd } from '../merge/ends.ts';
import type { KeyState } from '../merge/key-state.ts';
import { countLiving, isKnownDead } from '../merge/read-key.ts';
import type { Time } from '../version/version.ts';

/**
 * Whether a key is absent: by all that is remembered of it, or because Redis holds nothing, and it ended.
 * @param priority - our own site's.
 */
export function isDeadHere(state: KeyState, cut: Time, priority: number): boolean {
  if (isKnownDead(state, cut)) return true;
  if (!state.gone || newestEnd(state) === undefined) return false;
  if (expiredAt(state, priority) !== null) return true;
  const { living, waiting } = countLiving(state, cut);
  return state.inFlight === 0 && living + waiting === 0;
}

/** Whether Redis, too, held nothing of a key that is dead: what is still on its way to it has not deleted it yet. */
export function isGoneHere(state: KeyState): boolean {
  return state.inFlight === 0 || state.gone || state.shadow?.isGone === true;
}

/**
 * Whether an op on a key that was evicted here makes it with another kind than others have: it is deleted there, and its expiry
 * goes with it.
 */
export function isOfAnotherKind(op: Op, state: KeyState | undefined): boolean {
  if (state === undefined || state.newestKind === -1) return false;
  const kind = op.type === 'assign' && op.expiry === 'keep' ? kinds.string : kindAdded(op);
  return kind !== undefined && kind !== state.newestKind;
}
