import { expect, it } from 'vitest';
import { KeyState } from './key-state.ts';

it('a key has parts of its own once there is something in one of them', () => {
  const [one, other] = [new KeyState(0, 'one'), new KeyState(0, 'other')];
  one.wanted = undefined;
  one.asked = 0;
  one.gone = false;
  expect([one.isCommon, other.isCommon, one.rare === other.rare]).toEqual([true, true, true]);
  one.asked = 2;
  one.partAsks++;
  one.wanted ??= { time: 1, priority: 2, index: 3 };
  expect([one.isCommon, one.asked, one.partAsks, one.wanted]).toEqual([
    false,
    2,
    1,
    { time: 1, priority: 2, index: 3 },
  ]);
  expect([other.isCommon, other.asked, other.partAsks, other.wanted]).toEqual([true, 0, 0, undefined]);
});

it('every part is read and written under its own name', () => {
  const state = new KeyState(0, 'k');
  const names = Object.keys(state.rare) as (keyof typeof state.rare)[];
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) {
    const value = { [name]: true };
    (state as unknown as Record<string, unknown>)[name] = value;
    expect((state as unknown as Record<string, unknown>)[name]).toBe(value);
    expect(state.rare[name]).toBe(value);
  }
});
