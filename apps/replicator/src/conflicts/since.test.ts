import { expect, test } from 'vitest';
import { parseSince } from './since.ts';

test.each([
  ['10m', 400_000],
  ['2s', 998_000],
  ['0s', 1_000_000],
  ['1970-01-01T00:00:01Z', 1000],
  ['1970-01-01T01:00:01.5+01:00', 1500],
  ['1970-01-02', 86_400_000],
])('%s', (text, expected) => {
  expect(parseSince(text, 1_000_000)).toBe(expected);
});

test.each(['', 'yesterday', '10', '10 m', '-5m', '2026-13-01T00:00:00Z', '1.5h', '12:00'])(
  '"%s" is no moment',
  (text) => {
    expect(parseSince(text, 0)).toBeUndefined();
  },
);
