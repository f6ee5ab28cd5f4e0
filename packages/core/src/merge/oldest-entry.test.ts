import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OldestEntry } from './oldest-entry.ts';

it('is the first that a map tells, whatever is deleted, added, and looked for', () => {
  const step = fc.tuple(fc.constantFrom('add', 'delete', 'drop', 'look', 'clear'), fc.integer({ min: 0, max: 30 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const map = new Map<number, number>();
      const oldest = new OldestEntry(map);
      let added = 0;
      for (const [what, key] of steps) {
        if (what === 'add' && !map.has(key)) map.set(key, ++added);
        else if (what === 'delete') map.delete(key);
        else if (what === 'drop') map.delete(oldest.find()?.[0] ?? -1);
        else if (what === 'look') expect(oldest.find()).toEqual(map.entries().next().value);
        else if (what === 'clear' && key === 0) map.clear();
      }
      expect(oldest.find()).toEqual(map.entries().next().value);
    }),
  );
});
