import { describe, expect, it } from 'vitest';
import { fromByteString } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import { noteAsked, noteTouch } from './contention.ts';
import { KeyState } from './key-state.ts';

const at = { db: 0, index: 0, key: 'k' } as const;
const field: Op = { ...at, type: 'field', field: 'f', value: fromByteString('v') };
const push: Op = { ...at, type: 'guarded', kind: 'list', base: null, args: [], adds: true };
const expired: Op = { ...at, type: 'end', covers: [], expires: true };

describe('contention', () => {
  it('leaves out what merges cell by cell, whoever writes', () => {
    const state = new KeyState(0, 'k');
    expect([1, 2, 3].map((priority) => noteTouch(state, field, priority))).toEqual([false, false, false]);
  });

  it('tells a key that two sites have tangled, and not one', () => {
    const state = new KeyState(0, 'k');
    expect(noteTouch(state, push, 1)).toBe(false);
    expect(noteTouch(state, push, 1)).toBe(false);
    expect(noteTouch(state, field, 2)).toBe(true);
  });

  it('does not count that a key expires, nor questions about it', () => {
    const state = new KeyState(0, 'k');
    noteTouch(state, push, 1);
    expect(noteTouch(state, expired, 2)).toBe(false);
    const version = { time: 1, priority: 1, index: 0 };
    expect(noteTouch(state, { ...at, type: 'want', version }, 2)).toBe(false);
    expect(noteTouch(state, { ...at, type: 'check', digest: '', covers: [] }, 2)).toBe(false);
  });

  it('tangles a counter that comes near the end of 64 bits', () => {
    const count = (sum: bigint): Op => ({
      ...{ ...at, type: 'count', cell: 'string', field: '', base: { stable: 0 }, sum, by: 1n, previous: 0 },
    });
    for (const [sum, expected] of [
      [2n ** 61n, false],
      [2n ** 63n - 1n, true],
      [-(2n ** 63n), true],
    ] as const) {
      const state = new KeyState(0, 'k');
      noteTouch(state, count(1n), 1);
      expect(noteTouch(state, count(sum), 2)).toBe(expected);
    }
  });

  it.each([
    ['-9223372036854775808', true],
    ['9223372036854775000', true],
    ['1000000000000000000', false],
    ['1234567890123456789x', false],
  ])('tangles what is set to an integer near the end of 64 bits: %s, %s', (text, expected) => {
    const value = fromByteString(text);
    for (const op of [{ ...at, type: 'assign', value, expiry: null } as Op, { ...field, value } as Op]) {
      const state = new KeyState(0, 'k');
      noteTouch(state, op, 1);
      expect(noteTouch(state, field, 2), op.type).toBe(expected);
    }
  });

  it('tangles what has to be read', () => {
    const state = new KeyState(0, 'k');
    noteTouch(state, field, 1);
    expect(noteAsked(state, 2)).toBe(true);
  });
});
