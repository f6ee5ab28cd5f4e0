import { describe, expect, test } from 'vitest';
import { keyPattern } from './key-pattern.ts';

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('keyPattern', () => {
  test.each([
    ['user:*', 'user:1', 'users:1'],
    ['*', '', undefined],
    ['u?er', 'user', 'uer'],
    ['[abc]x', 'bx', 'dx'],
    ['[^a-c]x', 'dx', 'bx'],
    ['[a-c]x', 'cx', 'dx'],
    ['a.b', 'a.b', 'axb'],
    ['a\\*b', 'a*b', 'axb'],
    ['k\\x00\\xFF', 'k\0\xff', 'k\0\xfe'],
    ['[\\x00-\\x1f]', '\x07', 'a'],
    ['line*', 'line\nline', 'lin'],
    ['[]', undefined, 'a'],
    ['[z-x]', 'y', 'a'],
    ['k\\x2a', 'k*', 'kk'],
  ])('%s', (pattern, is, isNot) => {
    const matches = keyPattern(pattern)!;
    if (is !== undefined) expect(matches(is)).toBe(true);
    if (isNot !== undefined) expect(matches(isNot)).toBe(false);
  });

  test('text is matched by its bytes', () => {
    expect(keyPattern('grün*')!(bytes('grün:1'))).toBe(true);
  });

  test.each(['[abc', 'a\\', ''])('%s is none', (pattern) => {
    expect(keyPattern(pattern)).toBeUndefined();
  });
});
