/**
 * Elements that were moved to a list here (LMOVE, RPOPLPUSH: no command tells what they are) while a call that takes the list's
 * place was on its way. The call ran before they could be read, and so it tells what stood at both ends of the list: as many of
 * that as were moved in between are to be added again. One too many is better than one lost.
 *
 * The call is answered and is seen in the stream, in either order. Where the answer is lost, so are they.
 */
import {
  argumentCount,
  argumentText,
  fromByteString,
  hasMoves,
  type KeyState,
  notePush,
  type OwnAdd,
  type ReplyValue,
  toByteString,
  type Unit,
} from '@entwine/core';

/** Calls that are remembered, once answered and once seen. */
const mostRemembered = 64;

const none: readonly never[] = [];

interface Moves {
  readonly state: KeyState;
  /** The last call that replaced the list; those before it may have taken them as well. */
  readonly call: number;
  readonly left: number;
  readonly right: number;
  /** Elements that are added again, or are known to be. */
  readonly known: Set<string>;
}

/** What stood at either end of a list before it was replaced. */
interface Ends {
  readonly call: number;
  readonly state: KeyState;
  readonly head: readonly Uint8Array[];
  readonly tail: readonly Uint8Array[];
}

/** What was moved to lists of one shard and taken away. */
export class TakenMoves {
  #seen: Moves[] = [];
  #told: Ends[] = [];

  /**
   * The last call on its way that replaces a key was seen.
   * @returns what is to be added again, as far as calls have told
   */
  seen(call: number, state: KeyState): readonly OwnAdd[] {
    const { movedLeft: left, movedRight: right } = state;
    if (left + right === 0 && this.#told.length === 0) return none;
    const told = this.#told.filter((ends) => ends.state === state && ends.call <= call);
    if (told.length > 0) this.#told = this.#told.filter((ends) => !told.includes(ends));
    if (left + right === 0) return none;
    state.movedLeft = 0;
    state.movedRight = 0;
    state.movesTaken = true;
    const known = new Set(state.adds?.map(({ args }) => toByteString(args.at(-1)!)));
    const moves: Moves = { state, call, left, right, known };
    this.#seen.push(moves);
    if (this.#seen.length > mostRemembered) this.#seen.shift();
    return told.flatMap((ends) => lostOf(moves, ends));
  }

  /**
   * A call was answered.
   * @param states - the keys whose ends it was asked for.
   * @param replies - two for each: its first elements, and its last; `null` where it held something else.
   * @returns what is to be added again, by key
   */
  answered(
    call: number,
    states: readonly KeyState[],
    replies: readonly ReplyValue[],
  ): ReadonlyMap<KeyState, readonly OwnAdd[]> {
    const lost = new Map<KeyState, readonly OwnAdd[]>();
    states.forEach((state, place) => {
      const [head, tail] = [elementsOf(replies[2 * place]), elementsOf(replies[2 * place + 1])];
      if (head.length === 0) return;
      const ends: Ends = { call, state, head, tail };
      const moves = this.#seen.find((one) => one.state === state && one.call >= call);
      if (moves === undefined) this.#remember(ends);
      else lost.set(state, [...(lost.get(state) ?? []), ...lostOf(moves, ends)]);
    });
    for (const [state, adds] of lost) if (adds.length === 0) lost.delete(state);
    return lost;
  }

  #remember(ends: Ends): void {
    this.#told.push(ends);
    if (this.#told.length > mostRemembered) this.#told.shift();
  }
}

/** What a call has pushed to these keys stands where elements moved here are still to be read. */
export function notePushes(unit: Unit, keys: readonly KeyState[]): void {
  const open = keys.filter(hasMoves);
  if (open.length === 0) return;
  for (const { command, db } of unit.commands) {
    const key = argumentCount(command) > 2 ? argumentText(command, 1) : undefined;
    const state = open.find((one) => one.key === key && one.db === db);
    if (state !== undefined) notePush(state, argumentText(command, 0).toUpperCase(), argumentCount(command) - 2);
  }
}

function lostOf({ state, left, right, known }: Moves, { head, tail }: Ends): OwnAdd[] {
  const lost: OwnAdd[] = [];
  const add = (command: string, element: Uint8Array): void => {
    const text = toByteString(element);
    if (known.has(text)) return;
    known.add(text);
    const args = [fromByteString(command), fromByteString(state.key), element];
    lost.push({ kind: 'list', versions: [], args, returning: true, endangered: false });
  };
  for (const element of head.slice(0, left).reverse()) add('LPUSH', element);
  // A short list is told whole by either end.
  const from = Math.max(tail.length - right, tail.length === head.length ? left : 0);
  for (const element of tail.slice(from)) add('RPUSH', element);
  return lost;
}

function elementsOf(reply: ReplyValue | undefined): readonly Uint8Array[] {
  if (!Array.isArray(reply)) return [];
  return (reply as readonly ReplyValue[]).map((element) =>
    element instanceof Uint8Array ? element : fromByteString(String(element)),
  );
}
