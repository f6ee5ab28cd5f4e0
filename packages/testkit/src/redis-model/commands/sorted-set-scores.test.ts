/** What a live Redis 7.0 says of these scores. */
import { expect, it } from 'vitest';
import { parseScore, parseScoreBound, showPackedScore, showScore } from './sorted-set-scores.ts';

it.each([
  [0, '0'],
  [-0, '-0'],
  [0.5, '0.5'],
  [-2.25, '-2.25'],
  [0.1, '0.10000000000000001'],
  [1e-5, '1.0000000000000001e-05'],
  [0.0001, '0.0001'],
  [1e16, '10000000000000000'],
  [2 ** 56, '72057594037927936'],
  [1e17, '1e+17'],
  [123456789012345680, '1.2345678901234568e+17'],
  [2 ** 50 + 0.25, '1125899906842624.2'],
  [2 ** 50 + 0.75, '1125899906842624.8'],
  [5e-324, '4.9406564584124654e-324'],
  [1.7e308, '1.6999999999999999e+308'],
  [Number.POSITIVE_INFINITY, 'inf'],
  [Number.NEGATIVE_INFINITY, '-inf'],
])('shows %d as %s', (score, expected) => {
  expect(showScore(score)).toBe(expected);
});

it('shows integers in full where the packed form does', () => {
  expect(showPackedScore(1e17)).toBe('100000000000000000');
  expect(showPackedScore(1e19)).toBe('1e+19');
  expect(showPackedScore(0.1)).toBe('0.10000000000000001');
});

it.each([
  ['.5', 0.5],
  ['5.', 5],
  ['+1e2', 100],
  ['0x10', 16],
  ['-0x1.8p1', -3],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['0e999', 0],
])('takes %j as a score', (text, expected) => {
  expect(parseScore(text)).toBe(expected);
});

it.each(['', ' 1', '1 ', 'nan', '1e', '0x', '1e400', '1e-400', '1\0', '--1'])('refuses %j as a score', (text) => {
  expect(() => parseScore(text)).toThrow('ERR value is not a valid float');
});

it.each([
  ['(1.5', 1.5, true],
  ['', 0, false],
  ['(', 0, true],
  [' 2', 2, false],
  ['1e400', Number.POSITIVE_INFINITY, false],
  ['3\0x', 3, false],
])('takes %j as an end of a range', (text, score, isExclusive) => {
  expect(parseScoreBound(text)).toEqual({ score, isExclusive });
});
