import { describe, expect, it } from 'vitest';
import { isSelected, keysOfLines, rangesOf, textOfRanges } from './selection.ts';

describe('ranges of steps', () => {
  it('are joined where they meet, and read back', () => {
    const text = textOfRanges([
      [9, 9],
      [3, 5],
      [6, 7],
      [4, 4],
    ]);
    expect(text).toBe('3-7,9');
    expect(rangesOf(text)).toEqual([
      [3, 7],
      [9, 9],
    ]);
  });

  it.each(['', 'x', '0', '5-3', '1,', '-4'])('are not %j', (text) => {
    expect(rangesOf(text)).toBeUndefined();
  });
});

describe('a selection', () => {
  const step = { db: 0, commands: [['MULTI'], ['SET', 'k', 'v'], ['EXEC']] };

  it.each([
    [{}, true],
    [{ keys: ['k'] }, true],
    [{ keys: ['other'] }, false],
    [{ drop: [[2, 3]] as const }, false],
    [{ drop: [[3, 4]] as const }, true],
    [{ keys: ['k'], drop: [[1, 9]] as const }, false],
  ])('%j takes a step on k, the second: %s', (selection, taken) => {
    expect(isSelected(selection, 2, step)).toBe(taken);
  });

  it('takes what may touch any key', () => {
    expect(isSelected({ keys: ['other'] }, 1, { db: 0, commands: [['FLUSHALL']] })).toBe(true);
  });
});

it('finds the keys that a failure names', () => {
  expect(
    keysOfLines([
      'of strings,lists',
      '1 "{p}:n\\"1": a "1" until -1 | b absent',
      'p:due:list0 (list) at a: 1 of 3 are missing: a-1',
      'b: limit1:first has no expiry',
      '1 "{p}:n\\"1": a again',
    ]),
  ).toEqual(['{p}:n"1', 'p:due:list0', 'limit1:first']);
});
