/**
 * Elements that local commands have moved to a list, and that nobody has read yet: no command tells what they are, only where
 * they were put. What is pushed to the same end afterwards puts them deeper; so it is counted with them.
 */
import type { KeyState } from './key-state.ts';

/** Notes that an element was moved to the left (or right) end. */
export function noteMove(state: KeyState, left: boolean): void {
  if (left) state.movedLeft++;
  else state.movedRight++;
}

/**
 * Notes what was pushed to a list, where something moved there is still to be read.
 * @param name - of the command, in capitals.
 * @param count - of the elements.
 */
export function notePush(state: KeyState, name: string, count: number): void {
  const inside = name === 'LINSERT';
  if (state.movedLeft > 0 && (inside || name.startsWith('LPUSH'))) state.movedLeft += count;
  if (state.movedRight > 0 && (inside || name.startsWith('RPUSH'))) state.movedRight += count;
}

/** Whether anything that was moved to a list is still to be read. */
export function hasMoves({ movedLeft, movedRight }: KeyState): boolean {
  return movedLeft + movedRight > 0;
}
