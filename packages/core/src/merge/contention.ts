/**
 * Contention: which keys should be compared between sites once they are at rest.
 *
 * Registers and counters merge cell by cell, and nothing about their order of arrival can part the sites. What depends on all
 * that a key holds, on its expiry, on two kinds meeting, or on a race with a local writer, rests on more: such a key is
 * *tangled*. When several sites have had a hand in it, it is worth a comparison.
 *
 * What removes an element may have taken the last one at its site, and the expiry with it: no command tells, and where the key
 * has been for long nobody remembers what else it held.
 *
 * Likewise what keeps the expiry that the key had, or had not any more.
 *
 * So is a counter that comes near the end of 64 bits: where it meets it, and what it stands on is forgotten, an increment is
 * refused.
 *
 * A key that a server lets expire is not touched by that: every site does it.
 */
import type { Op } from '../entry/entry.ts';
import { integerOf } from './cell-value.ts';
import type { KeyState } from './key-state.ts';

/** A running sum beyond this is near the end of 64 bits. */
const far = 2n ** 62n;

/** Notes an op on a key. Returns whether the key is tangled and several sites have touched it. */
export function noteTouch(state: KeyState, op: Op, priority: number): boolean {
  if (op.type === 'want' || op.type === 'check' || op.type === 'refill' || (op.type === 'end' && op.expires))
    return false;
  if (!state.tangled && isTangling(state, op)) state.tangled = true;
  return touchedBy(state, priority);
}

/** Notes that a site has done something to a key that is still to be read. */
export function noteAsked(state: KeyState, priority: number): boolean {
  state.tangled = true;
  return touchedBy(state, priority);
}

function touchedBy(state: KeyState, priority: number): boolean {
  if (state.touchedBy === 0) state.touchedBy = priority;
  else if (state.touchedBy !== priority) state.touchedBy = -1;
  return state.tangled && state.touchedBy === -1;
}

/** Whether a value is an integer near the end of 64 bits. */
function isFar(value: Uint8Array): boolean {
  if (value.length < 19 || value.length > 20) return false;
  const integer = integerOf(value);
  return integer !== undefined && (integer > far || integer < -far);
}

function isTangling(state: KeyState, op: Op): boolean {
  switch (op.type) {
    case 'assign':
      return op.expiry === 'keep' || isFar(op.value) || state.otherKind !== -1 || state.shadow !== undefined;
    case 'delete':
      return state.otherKind !== -1 || state.shadow !== undefined;
    case 'field':
      return op.value === null || isFar(op.value) || state.otherKind !== -1 || state.shadow !== undefined;
    case 'member':
      return !op.present || state.otherKind !== -1 || state.shadow !== undefined;
    case 'score':
      return op.score === null || state.otherKind !== -1 || state.shadow !== undefined;
    case 'count':
      return state.otherKind !== -1 || state.shadow !== undefined || op.sum > far || op.sum < -far;
    default:
      return true;
  }
}
