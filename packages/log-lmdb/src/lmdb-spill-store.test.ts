import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spillConformance } from '@entwine/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { openLmdbSpillStore } from './lmdb-spill-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'entwine-spill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('LMDB spill store: conformance', () => {
  for (const { name, run } of spillConformance) it(name, () => run(async () => openLmdbSpillStore({ path: folder })));
});

describe('LMDB spill store', () => {
  const record = { db: 0, key: 'k', order: 1, value: Uint8Array.of(1) };
  const file = join(folder, 'spilled.mdb');

  it('leaves nothing behind, and begins anew where something was left', async () => {
    const store = openLmdbSpillStore({ path: folder });
    store.write([], [record]);
    expect(existsSync(file)).toBe(true);
    await store.close();
    expect([existsSync(file), existsSync(`${file}-lock`)]).toEqual([false, false]);
    writeFileSync(file, 'no LMDB file at all');
    const again = openLmdbSpillStore({ path: folder });
    expect([again.count, again.get(0, 'k')]).toEqual([0, undefined]);
    await again.close();
  });

  it('says where it cannot be made', () => {
    const taken = mkdtempSync(join(folder, 'taken-'));
    mkdirSync(join(taken, 'spilled.mdb'));
    expect(() => openLmdbSpillStore({ path: taken })).toThrow(/Cannot make .*taken-.*spilled\.mdb anew/);
  });
});
