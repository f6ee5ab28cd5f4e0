import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyEntry } from '../../test-support/arbitrary-entry.ts';
import { toByteString } from '../bytes/byte-string.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { crc32 } from '../bytes/crc32.ts';
import type { Entry, Op } from './entry.ts';
import { decodeEntries, decodeEntry, encodeEntry, entrySchema, oldestEntrySchema, skipEntries } from './entry-codec.ts';

function encoded(...entries: readonly Entry[]): Uint8Array {
  const writer = new ByteWriter(16);
  for (const entry of entries) encodeEntry(writer, entry);
  return writer.take();
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

const at = { db: 0, index: 0, key: 'k' };
const unit = (...ops: Op[]): Entry => ({ type: 'unit', seq: 1, time: 4097, priority: 3, ops });

/** An entry of each type of op. The bytes are the format: they change with `entrySchema` only. */
const goldens: readonly (readonly [string, Entry, string])[] = [
  [
    'heartbeat',
    { type: 'heartbeat', seq: 9, time: 4097, priority: 3, received: 4096 },
    '08000000d0af07370102098120038020',
  ],
  ['unit without ops', unit(), '07000000a2eaa28b01010181200300'],
  [
    'assign',
    unit({ ...at, type: 'assign', value: ascii('v'), expiry: null }),
    '0d0000002a9518bc010101812003010100016b0176',
  ],
  [
    'assign until',
    unit({ ...at, type: 'assign', value: ascii('v'), expiry: 1_700_000_000_000 }),
    '13000000132a899a010101812003010200016b017680d095ffbc31',
  ],
  [
    'assign, expiry kept',
    unit({ ...at, type: 'assign', value: ascii(''), expiry: 'keep' }),
    '0c0000001723bb7c010101812003010300016b00',
  ],
  ['delete', unit({ ...at, db: 15, type: 'delete' }), '0b0000006caf2dfe01010181200301040f016b'],
  [
    'expire',
    unit({ ...at, type: 'expire', at: 1_700_000_000_000 }),
    '110000006744175b010101812003010500016b80d095ffbc31',
  ],
  ['persist', unit({ ...at, type: 'expire', at: null }), '0b000000da20785f010101812003010600016b'],
  [
    'field',
    unit({ ...at, type: 'field', field: 'f', value: ascii('\u00e9') }),
    '100000002b999bba010101812003010700016b016602c3a9',
  ],
  ['field removed', unit({ ...at, type: 'field', field: '', value: null }), '0c00000006126b0b010101812003010800016b00'],
  [
    'member',
    unit({ ...at, type: 'member', member: '\xff', present: true }),
    '0d000000c32c2fc4010101812003010900016b01ff',
  ],
  [
    'member removed',
    unit({ ...at, type: 'member', member: 'm', present: false }),
    '0d00000005acba5c010101812003010a00016b016d',
  ],
  [
    'score',
    unit({ ...at, type: 'score', member: 'm', score: -1.5 }),
    '15000000105ecff1010101812003010b00016b016d000000000000f8bf',
  ],
  [
    'score removed',
    unit({ ...at, type: 'score', member: 'm', score: null }),
    '0d000000184fe38a010101812003010c00016b016d',
  ],
  [
    'count of a string',
    unit({ ...at, type: 'count', cell: 'string', field: '', base: { stable: 4096 }, sum: -3n, by: 2n, previous: 0 }),
    '110000000160024a010101812003010d00016b018020050400',
  ],
  [
    'count of a field',
    unit({
      ...at,
      ...{ type: 'count', cell: 'hash', field: 'f', sum: 2n ** 63n - 1n, by: 1n, previous: 4096 },
      base: { exact: { time: 4096, priority: 2, index: 1 } },
    }),
    '1f000000a8c27d0e010101812003010e00016b01660080200201feffffffffffffffff01028020',
  ],
  [
    'count of a score',
    unit({ ...at, type: 'count', cell: 'zset', field: 'm', base: { stable: 0 }, sum: 0n, by: -1n, previous: 1 }),
    '120000006b3393f5010101812003010f00016b016d0100000101',
  ],
  [
    'several ops, on one key and on others',
    unit(
      { ...at, type: 'assign', value: ascii('5'), expiry: null },
      { ...at, index: 2, type: 'expire', at: 5 },
      { ...at, index: 3, db: 1, type: 'delete' },
      { ...at, index: 4, type: 'member', member: 'm', present: true },
    ),
    '19000000680ce6a6010101812003040100016b013585050401016b0900016b016d',
  ],
];

describe('the format', () => {
  it.each(goldens)('%s', (_name, entry, golden) => {
    expect(hex(encoded(entry))).toBe(golden);
    expect(decodeEntry(Uint8Array.from(Buffer.from(golden, 'hex')))).toEqual({
      type: 'entry',
      entry,
      next: golden.length / 2,
    });
  });

  it('has had one schema so far', () => {
    expect([entrySchema, oldestEntrySchema]).toEqual([1, 1]);
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

  it('with a negative zero and infinities as scores', () => {
    for (const score of [-0, Infinity, -Infinity, Number.MIN_VALUE]) {
      const decoded = decodeEntry(encoded(unit({ ...at, type: 'score', member: 'm', score })));
      const op = decoded.type === 'entry' && decoded.entry.type === 'unit' ? decoded.entry.ops[0] : undefined;
      expect(op?.type === 'score' && Object.is(op.score, score)).toBe(true);
    }
  });
});

describe('damage is a typed failure, never another entry and never an exception', () => {
  it.each(goldens)('%s: every byte changed in every bit', (_name, entry) => {
    const bytes = encoded(entry);
    for (let i = 0; i < bytes.length; i++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = bytes.slice();
        damaged[i]! ^= 1 << bit;
        const decoded = decodeEntry(damaged);
        expect(decoded).toMatchObject({ type: 'failure', at: 0 });
        expect(decoded.type === 'failure' && ['truncated', 'checksum'].includes(decoded.code)).toBe(true);
      }
    }
  });

  it.each(goldens)('%s: every truncation', (_name, entry) => {
    const bytes = encoded(entry);
    for (let length = 0; length < bytes.length; length++)
      expect(decodeEntry(bytes.subarray(0, length))).toMatchObject({ type: 'failure', code: 'truncated', at: 0 });
  });

  it('any entry, any byte', () => {
    fc.assert(
      fc.property(anyEntry, fc.nat(), fc.integer({ min: 1, max: 255 }), (entry, place, change) => {
        const bytes = encoded(entry);
        bytes[place % bytes.length]! ^= change;
        expect(decodeEntry(bytes).type).toBe('failure');
      }),
    );
  });

  it('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decodeEntry(bytes).type).toBe('failure');
      }),
    );
  });

  /** A body under a checksum that fits it. */
  function sealed(body: Uint8Array): Uint8Array {
    const writer = new ByteWriter();
    writer.u32(body.length);
    writer.u32(crc32(body));
    writer.raw(body);
    return writer.take();
  }

  it('a body damaged before it was sealed is malformed, or another entry in its one encoding', () => {
    fc.assert(
      fc.property(anyEntry, fc.nat(), fc.integer({ min: 1, max: 255 }), (entry, place, change) => {
        const body = encoded(entry).slice(8);
        body[place % body.length]! ^= change;
        const bytes = sealed(body);
        const decoded = decodeEntry(bytes);
        if (decoded.type === 'entry') expect(hex(encoded(decoded.entry))).toBe(hex(bytes));
        else expect(['malformed', 'schema']).toContain(decoded.code);
      }),
      { numRuns: 1000 },
    );
  });

  it('a body with bytes left over is malformed', () => {
    for (const [, entry] of goldens) {
      const body = encoded(entry).slice(8);
      expect(decodeEntry(sealed(Uint8Array.of(...body, 0)))).toMatchObject({ type: 'failure', code: 'malformed' });
    }
  });

  it('a declared count of ops alone costs no memory', () => {
    const writer = new ByteWriter();
    writer.raw(Uint8Array.of(entrySchema, 1, 1, 1, 1));
    writer.varint(Number.MAX_SAFE_INTEGER);
    expect(decodeEntry(sealed(writer.take()))).toMatchObject({ type: 'failure', code: 'malformed' });
  });

  it.each([0, 2, 3, 255])('schema %i is refused by number', (schema) => {
    const body = encoded(unit()).slice(8);
    body[0] = schema;
    const decoded = decodeEntry(sealed(body));
    expect(decoded).toMatchObject({ type: 'failure', code: 'schema' });
    expect(decoded.type === 'failure' && decoded.message).toContain(`schema ${schema};`);
    expect(decoded.type === 'failure' && decoded.message).toContain('reads 1 to 1');
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
