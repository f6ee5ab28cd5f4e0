import { fromByteString, KeyState, toByteString } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { TakenMoves } from './taken-moves.ts';

function listOf(...elements: readonly string[]): readonly Uint8Array[] {
  return elements.map((text) => fromByteString(text));
}

/** A list to which elements were moved that nobody has read. */
function moved(left: number, right = 0): KeyState {
  const state = new KeyState(0, 'list');
  state.movedLeft = left;
  state.movedRight = right;
  return state;
}

function shown(adds: readonly { readonly args: readonly Uint8Array[] }[] = []): string[] {
  return adds.map(({ args }) => args.map((arg) => toByteString(arg)).join(' '));
}

describe('moves that a call has taken away', () => {
  it('are told by the call, whether it is answered or seen first', () => {
    const ends = [listOf('b', 'a', 'x'), listOf('b', 'a', 'x')];
    const answeredFirst = new TakenMoves();
    const one = moved(2);
    expect(answeredFirst.answered(7, [one], ends).size).toBe(0);
    expect(shown(answeredFirst.seen(7, one))).toEqual(['LPUSH list a', 'LPUSH list b']);

    const seenFirst = new TakenMoves();
    const other = moved(2);
    expect(seenFirst.seen(7, other)).toEqual([]);
    expect(shown(seenFirst.answered(7, [other], ends).get(other))).toEqual(['LPUSH list a', 'LPUSH list b']);
    expect([other.movedLeft, other.movesTaken]).toEqual([0, true]);
  });

  it('are told by an earlier call, where the last finds nothing any more', () => {
    const moves = new TakenMoves();
    const state = moved(1);
    moves.answered(7, [state], [listOf('a'), listOf('a')]);
    moves.answered(8, [state], [[], []]);
    expect(shown(moves.seen(8, state))).toEqual(['LPUSH list a']);
  });

  it('are told by an earlier call whose answer comes last', () => {
    const moves = new TakenMoves();
    const state = moved(1);
    moves.answered(8, [state], [[], []]);
    expect(moves.seen(8, state)).toEqual([]);
    expect(shown(moves.answered(7, [state], [listOf('a'), listOf('a')]).get(state))).toEqual(['LPUSH list a']);
  });

  it('are each added again once', () => {
    const moves = new TakenMoves();
    const state = moved(2);
    moves.answered(7, [state], [listOf('b', 'a'), listOf('b', 'a')]);
    moves.answered(8, [state], [listOf('b'), listOf('b')]);
    expect(shown(moves.seen(8, state))).toEqual(['LPUSH list a', 'LPUSH list b']);
  });

  it('are taken from both ends, of a list that is told whole as of one that is not', () => {
    const whole = new TakenMoves();
    const short = moved(1, 2);
    whole.answered(7, [short], [listOf('l', 'r', 's'), listOf('l', 'r', 's')]);
    expect(shown(whole.seen(7, short))).toEqual(['LPUSH list l', 'RPUSH list r', 'RPUSH list s']);

    const parts = new TakenMoves();
    const long = moved(1, 1);
    parts.answered(7, [long], [listOf('l', 'm'), listOf('n', 'o', 'r')]);
    expect(shown(parts.seen(7, long))).toEqual(['LPUSH list l', 'RPUSH list r']);
  });

  it('are left out where commands of ours are known to have added them', () => {
    const moves = new TakenMoves();
    const state = moved(2);
    const args = ['LPUSH', 'list', 'a'].map((text) => fromByteString(text));
    state.adds = [{ kind: 'list', versions: [], args, returning: false, endangered: false }];
    moves.answered(7, [state], [listOf('b', 'a'), listOf('b', 'a')]);
    expect(shown(moves.seen(7, state))).toEqual(['LPUSH list b']);
  });

  it('are not what an earlier call has taken away that was seen without any', () => {
    const moves = new TakenMoves();
    const state = moved(0);
    moves.answered(7, [state], [listOf('old'), listOf('old')]);
    expect(moves.seen(7, state)).toEqual([]);
    state.movedLeft = 1;
    moves.answered(8, [state], [listOf('new'), listOf('new')]);
    expect(shown(moves.seen(8, state))).toEqual(['LPUSH list new']);
  });

  it('are not looked for in what was no list, and not beyond what is remembered', () => {
    const moves = new TakenMoves();
    const state = moved(1);
    moves.answered(7, [state], [null, null]);
    expect(moves.seen(7, state)).toEqual([]);
    const late = moved(1);
    moves.answered(8, [late], [listOf('a'), listOf('a')]);
    for (let call = 9; call < 73; call++) {
      const other = moved(1);
      moves.answered(call, [other], [listOf('b'), listOf('b')]);
    }
    expect(moves.seen(80, late)).toEqual([]);
  });
});
