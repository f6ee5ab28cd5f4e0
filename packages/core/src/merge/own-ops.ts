/** What an op does to its key, by itself. */
import type { Op } from '../entry/entry.ts';
import type { Time } from '../version/version.ts';
import { expiryOf } from './ends.ts';
import type { KeyState } from './key-state.ts';
import { countLiving } from './read-key.ts';

/** Whether an op says all there is to say of what it writes. */
export function isRoot(op: Op): boolean {
  return op.type === 'assign' || op.type === 'delete' || op.type === 'end' || op.type === 'expire';
}

/** Whether an op takes elements away. */
export function isRemoval(op: Op): boolean {
  switch (op.type) {
    case 'field':
      return op.value === null;
    case 'score':
      return op.score === null;
    case 'member':
      return !op.present;
    case 'guarded':
      return !op.adds;
    default:
      return op.type === 'range';
  }
}

/** Whether a key may have been emptied since its expiry was told, after an op of ours. @param before - whether before it. */
export function mayShrink(before: boolean, op: Op): boolean {
  if (isRemoval(op)) return true;
  return before && op.type !== 'state' && !isRoot(op);
}

/** Whether a removal of another site's may have emptied a key that expires: what it holds next has lost the expiry. */
export function mayEmpty(state: KeyState, op: Op, cut: Time): boolean {
  if (expiryOf(state) === null) return false;
  return op.type === 'guarded' || countLiving(state, cut).living === 0;
}

/** Whether an op can make a key without saying what its expiry is. */
export function makesKey(op: Op): boolean {
  switch (op.type) {
    case 'assign':
      return op.expiry === 'keep';
    case 'field':
    case 'stream':
      return op.value !== null;
    case 'score':
      return op.score !== null;
    case 'member':
      return op.present;
    case 'guarded':
      return op.adds;
    default:
      return op.type === 'count' || op.type === 'bit' || op.type === 'sketch';
  }
}
