/** What a live Redis 7.0 makes of these IDs. */
import { expect, it } from 'vitest';
import { parseId, parseOpenId, parseRangeEnd, parseRangeStart, showId } from './stream-ids.ts';

const greatest = '18446744073709551615';

it.each([
  ['5', '5-0'],
  ['5-3', '5-3'],
  ['05-007', '5-7'],
  [' +5-1', '5-1'],
  ['5\0abc', '5-0'],
  [`${greatest}-${greatest}`, `${greatest}-${greatest}`],
  ['1--05', '1-18446744073709551611'],
])('takes %j as %s', (text, expected) => {
  expect(showId(parseId(text))).toBe(expected);
});

it.each(['', '-', '+', '-5', 'a', '5-', '5-a', '1--5', '1-2-3', '18446744073709551616', '5-*', '0'.repeat(128)])(
  'refuses %j',
  (text) => {
    expect(() => parseId(text)).toThrow('ERR Invalid stream ID specified as stream command argument');
  },
);

it('tells IDs without a sequence number from others', () => {
  expect(parseOpenId('5-*')).toBe(5n);
  expect(parseOpenId('5-1')).toBeUndefined();
  expect(() => parseOpenId('a-*')).toThrow('ERR Invalid stream ID');
});

it('takes the ends of ranges', () => {
  expect(showId(parseRangeStart('-'))).toBe('0-0');
  expect(showId(parseRangeStart('(5'))).toBe('5-1');
  expect(showId(parseRangeEnd('5'))).toBe(`5-${greatest}`);
  expect(showId(parseRangeEnd('(5-0'))).toBe(`4-${greatest}`);
  expect(() => parseRangeStart('(+')).toThrow('ERR Invalid stream ID');
  expect(() => parseRangeStart(`(${greatest}-${greatest}`)).toThrow('ERR invalid start ID for the interval');
  expect(() => parseRangeEnd('(0-0')).toThrow('ERR invalid end ID for the interval');
});
