import fc from 'fast-check';
import { expect, test } from 'vitest';
import { luaSort } from './lua-sort.ts';

test('any items come out in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 }), (items) => {
      const sorted = [...items];
      luaSort(sorted, (a, b) => a < b);
      expect(sorted).toEqual(items.toSorted((a, b) => a - b));
    }),
  );
});
