import { expect, test } from 'vitest';
import { luaNumber, luaOperand, luaText, throughLua, unpacked } from './lua-values.ts';

test.each([
  ['12', 12],
  [' -0.5e2 ', -50],
  ['.5', 0.5],
  ['5.', 5],
  ['0x1F', 31],
  ['-0x10', -16],
  ['inf', Infinity],
  ['-Infinity', -Infinity],
  ['', undefined],
  ['1 2', undefined],
  ['12x', undefined],
])('%j is %s', (text, number) => {
  expect(luaNumber(text)).toBe(number);
});

test('what is no number ends a script that reckons with it', () => {
  expect(() => luaOperand('x')).toThrow(/no number/);
});

test.each([
  [-2, '-2'],
  [99_999_999_999_999, '99999999999999'],
  [100_000_000_000_000, '1e+14'],
  [253_402_300_800_000, '2.534023008e+14'],
])('%d is written as %s', (number, text) => {
  expect(luaText(number)).toBe(text);
});

test('integers that no double holds come out as the nearest double', () => {
  expect(throughLua([9_007_199_254_740_993n, 'x', null, [7]])).toEqual([9_007_199_254_740_992n, 'x', null, [7]]);
});

test('a script passes on 7997 values at once, and no more', () => {
  const words = Array.from({ length: 8000 }, () => 'x');
  expect(unpacked(words, 1, 7998)).toHaveLength(7997);
  expect(() => unpacked(words, 1, 7999)).toThrow(/too many/);
});
