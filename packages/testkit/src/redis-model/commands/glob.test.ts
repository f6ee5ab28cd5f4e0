/** What matches is what a live Redis 7.0 says of HSCAN. */
import { expect, it } from 'vitest';
import { glob } from './glob.ts';

it.each([
  ['*', '', true],
  ['**', '', false],
  ['', '', true],
  ['', 'a', false],
  ['**', 'ab', true],
  ['a*c*', 'abcabc', true],
  ['a*d', 'abcabc', false],
  ['?b', 'ab', true],
  ['?', 'ab', false],
  ['[a-c]x', 'bx', true],
  ['[c-a]x', 'bx', true],
  ['[^a-c]x', 'bx', false],
  ['[^', 'b', true],
  ['[', 'b', false],
  ['[]', 'b', false],
  ['[ab', 'b', true],
  ['[a-]', '`', true],
  ['[\\]]', ']', true],
  ['[\xff-a]', '\0', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['\\', '\\', true],
])('%j matches %j: %s', (pattern, text, expected) => {
  expect(glob(pattern)(text)).toBe(expected);
});
