/** Arbitrary globs, and texts that some of them match. Few letters, so that they meet. */
import fc from 'fast-check';

const letters = ['a', 'b', 'c', '-', '^', '\xff', '\0', ' '];
const letter = fc.constantFrom(...letters);
const inClass = fc.oneof(letter, fc.constantFrom('a-b', 'b-a', 'a-c', '\\]', '\\\\', '\\-', '*', '?', '['));
const anyClass = fc
  .tuple(fc.boolean(), fc.array(inClass, { maxLength: 3 }))
  .map(([isNegated, parts]) => `[${isNegated ? '^' : ''}${parts.join('')}]`);
const part = fc.oneof(
  { weight: 4, arbitrary: letter },
  { weight: 2, arbitrary: fc.constantFrom('*', '**', '?') },
  { weight: 2, arbitrary: anyClass },
  { weight: 1, arbitrary: fc.constantFrom('\\*', '\\?', '\\[', '\\\\', '\\a', ']') },
);

/** Whole globs. */
export const anyGlob: fc.Arbitrary<string> = fc
  .array(part, { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''));

/** Any run of the signs: also what nobody means. */
export const anyRun: fc.Arbitrary<string> = fc
  .array(fc.constantFrom('a', 'b', '-', '^', '[', ']', '\\', '*', '?'), { minLength: 1, maxLength: 8 })
  .map((signs) => signs.join(''));

export const anyText: fc.Arbitrary<string> = fc
  .array(fc.oneof(letter, fc.constantFrom('*', '?', '[', ']', '\\')), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''));
