import { describe, expect, it } from 'vitest';
import { MemorySpillStore } from './memory-spill-store.ts';
import { spillConformance } from './spill-conformance.ts';

describe('memory spill store: conformance', () => {
  for (const { name, run } of spillConformance) it(name, () => run(async () => new MemorySpillStore()));
});

it('refuses what its callers must not do', () => {
  const store = new MemorySpillStore(3);
  const record = { db: 0, key: 'k', order: 1, value: Uint8Array.of(1) };
  store.write([], [record]);
  expect(() => store.write([], [record])).toThrow('there already');
  expect(() => store.write([{ ...record, order: 2 }], [])).toThrow('elsewhere than at 2');
  expect(() => store.write([], [{ ...record, key: 'long' }])).toThrow('4 bytes');
  expect(store.count).toBe(1);
});
