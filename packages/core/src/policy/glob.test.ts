import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyGlob, anyRun, anyText } from '../../test-support/arbitrary-glob.ts';
import { referenceGlob } from '../../test-support/reference-glob.ts';
import { compileGlob, globProblem } from './glob.ts';

describe('a glob', () => {
  it.each([
    ['session:*', ['session:', 'session:1'], ['session', 'xsession:1']],
    ['*', ['', 'a'], []],
    ['a?c', ['abc', 'a\xffc'], ['ac', 'abbc']],
    ['[a-c]x', ['ax', 'cx'], ['dx', 'x']],
    ['[c-a]x', ['bx'], ['dx']],
    ['[^a]', ['b', '\0'], ['a', '', 'bb']],
    ['a\\*b', ['a*b'], ['aab', 'ab']],
    ['[\\]]', [']'], ['\\']],
    ['*:[0-9]:*x', ['a:1:x', ':2:yyx'], ['a:b:x', 'a:1:']],
    ['a*b*c', ['abc', 'axbxc', 'abcbc'], ['acb', 'ab']],
  ])('%s', (pattern, matching, others) => {
    const glob = compileGlob(pattern);
    for (const text of matching) expect(glob(text), JSON.stringify(text)).toBe(true);
    for (const text of others) expect(glob(text), JSON.stringify(text)).toBe(false);
  });

  it('matches what a slow and obvious reading of it matches', () => {
    fc.assert(
      fc.property(fc.oneof(anyGlob, anyRun), anyText, (pattern, text) => {
        expect(compileGlob(pattern)(text)).toBe(referenceGlob(pattern, text));
      }),
      { numRuns: 5000 },
    );
  });

  it('takes no time over many stars', () => {
    const glob = compileGlob('*a*a*a*a*a*a*a*a*b');
    const started = performance.now();
    expect(glob('a'.repeat(2000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('what is wrong with a glob', () => {
  it.each([
    ['', 'is empty'],
    ['a[b', 'has a [ without a ]'],
    ['[a-]', 'has a [ without a ]'],
    ['a\\', 'ends in a \\ with nothing behind it'],
    ['[a-\xe4]', 'has a range of bytes above 127, which servers do not agree on'],
  ])('%j', (pattern, problem) => {
    expect(globProblem(pattern)).toBe(problem);
  });

  it.each(['a', '*', 'a\\*', '[]', '[^]', '[\xe4]', 'caf\xc3\xa9*'])('nothing with %j', (pattern) => {
    expect(globProblem(pattern)).toBeUndefined();
  });
});
