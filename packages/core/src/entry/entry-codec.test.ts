import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyEntry, anyOldEntry } from '../../test-support/arbitrary-entry.ts';
import {
  at,
  encoded,
  goldens,
  hex,
  newGoldens,
  ofSchema,
  oldGoldens,
  secondGoldens,
  unit,
} from '../../test-support/entry-goldens.ts';
import { showOp } from '../../test-support/show-op.ts';
import { toByteString } from '../bytes/byte-string.ts';
import { decodeEntries, decodeEntry, entrySchema, oldestEntrySchema, skipEntries } from './entry-codec.ts';

describe('the format', () => {
  it.each(goldens)('%s', (_name, entry, golden) => {
    expect(hex(encoded(entry))).toBe(golden);
    expect(decodeEntry(Uint8Array.from(Buffer.from(golden, 'hex')))).toEqual({
      type: 'entry',
      entry,
      next: golden.length / 2,
    });
  });

  it.each(oldGoldens)('of schema 2: %s', (_name, entry, golden) => {
    expect(decodeEntry(ofSchema(2, golden))).toEqual({ type: 'entry', entry, next: golden.length / 2 });
    expect(hex(ofSchema(2, golden))).toBe(golden);
  });

  it('reads its own schema and the one before it', () => {
    expect([entrySchema, oldestEntrySchema]).toEqual([3, 2]);
  });

  it('has nothing in schema 2 that came with schema 3', () => {
    for (const [, , golden] of newGoldens)
      expect(decodeEntry(ofSchema(2, golden))).toMatchObject({ type: 'failure', code: 'malformed' });
  });

  it('shows every op in a line of its own', () => {
    const lines = goldens.flatMap(([, entry]) => (entry.type === 'unit' ? entry.ops.map(showOp) : []));
    for (const line of lines) expect(line).toMatch(/^(db \d+: )?\d+ [a-z]+ [^\n]*$/);
    const plain = secondGoldens.flatMap(([, entry]) => (entry.type === 'unit' ? entry.ops.map(showOp) : []));
    expect(new Set(plain).size).toBe(plain.length);
  });
});

describe('any entry', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyEntry, fc.uint8Array({ maxLength: 20 }), (entry, before) => {
        const bytes = encoded(entry);
        const decoded = decodeEntry(Uint8Array.of(...before, ...bytes, 1, 2, 3), before.length);
        expect(decoded).toEqual({ type: 'entry', entry, next: before.length + bytes.length });
      }),
      { numRuns: 500 },
    );
  });

  it('of schema 2 is read as it was', () => {
    fc.assert(
      fc.property(anyOldEntry, (entry) => {
        const bytes = ofSchema(2, hex(encoded(entry)));
        expect(decodeEntry(bytes)).toEqual({ type: 'entry', entry, next: bytes.length });
      }),
    );
  });

  it('has one encoding', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const bytes = encoded(entry);
        const decoded = decodeEntry(bytes);
        if (decoded.type === 'failure') throw new Error(decoded.message);
        expect(hex(encoded(decoded.entry))).toBe(hex(bytes));
      }),
    );
  });

  it('with a value of a megabyte, and a key of one', () => {
    const value = new Uint8Array(1 << 20).fill(0xee);
    const entry = unit(
      { ...at, key: toByteString(value), type: 'assign', value, expiry: null },
      { ...at, index: 2, key: toByteString(value), type: 'field', field: 'f', value: new Uint8Array(0) },
    );
    const bytes = encoded(entry);
    const decoded = decodeEntry(bytes);
    expect(bytes.length).toBeLessThan(2 * value.length + 100);
    expect(decoded.type === 'entry' && decoded.next).toBe(bytes.length);
    expect(decoded.type === 'entry' && hex(encoded(decoded.entry)) === hex(bytes)).toBe(true);
  });

  it('with a million elements', () => {
    const members = Array.from({ length: 1_000_000 }, (_, i) => `member:${i}`);
    const entry = unit({ ...at, type: 'state', content: { kind: 'set', members }, expiry: null, covers: null });
    const decoded = decodeEntry(encoded(entry));
    const [op] = decoded.type === 'entry' && decoded.entry.type === 'unit' ? decoded.entry.ops : [];
    const content = op?.type === 'state' ? op.content : undefined;
    expect(content?.kind === 'set' && content.members.every((member, i) => member === members[i])).toBe(true);
    expect(content?.kind === 'set' && content.members.length).toBe(members.length);
  });

  it('with a negative zero and infinities as scores', () => {
    for (const score of [-0, Infinity, -Infinity, Number.MIN_VALUE]) {
      const decoded = decodeEntry(encoded(unit({ ...at, type: 'score', member: 'm', score })));
      const op = decoded.type === 'entry' && decoded.entry.type === 'unit' ? decoded.entry.ops[0] : undefined;
      expect(op?.type === 'score' && Object.is(op.score, score)).toBe(true);
    }
  });
});

describe('batches', () => {
  it('are their entries, and can be entered at any of them', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 6 }), (entries) => {
        const bytes = encoded(...entries);
        expect(decodeEntries(bytes)).toEqual(entries);
        for (let skip = 0; skip <= entries.length + 1; skip++)
          expect(decodeEntries(bytes.subarray(skipEntries(bytes, skip)))).toEqual(entries.slice(skip));
      }),
    );
  });

  it('fail at the entry that is damaged', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 4 }), fc.nat(), fc.nat(), (entries, which, place) => {
        const bytes = encoded(...entries);
        const start = skipEntries(bytes, which % entries.length);
        const end = skipEntries(bytes, (which % entries.length) + 1);
        bytes[start + 4 + (place % (end - start - 4))]! ^= 0x10; // the lengths stay
        expect(decodeEntries(bytes)).toMatchObject({ type: 'failure', code: 'checksum', at: start });
      }),
    );
  });

  it('cut short fail at their last entry', () => {
    const bytes = encoded(unit(), unit(), unit());
    const last = skipEntries(bytes, 2);
    expect(decodeEntries(bytes.subarray(0, bytes.length - 1))).toMatchObject({ code: 'truncated', at: last });
  });
});
