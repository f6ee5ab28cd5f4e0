import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyEntry } from '../../test-support/arbitrary-entry.ts';
import { encoded, goldens, hex, ofSchema, sealed, unit } from '../../test-support/entry-goldens.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { decodeEntry, entrySchema } from './entry-codec.ts';

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

  it('a body damaged before it was sealed is malformed, or another entry in its one encoding', () => {
    fc.assert(
      fc.property(anyEntry, fc.nat(), fc.integer({ min: 1, max: 255 }), (entry, place, change) => {
        const body = encoded(entry).slice(8);
        body[place % body.length]! ^= change;
        const bytes = sealed(body);
        const decoded = decodeEntry(bytes);
        if (decoded.type === 'entry') expect(hex(encoded(decoded.entry))).toBe(hex(ofSchema(entrySchema, hex(bytes))));
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

  it('a body changed, cut and spliced in several places is malformed, or another entry in its one encoding', () => {
    const change = fc.tuple(
      fc.constantFrom('set', 'cut', 'insert'),
      fc.nat(),
      fc.uint8Array({ minLength: 1, maxLength: 9 }),
    );
    fc.assert(
      fc.property(anyEntry, fc.array(change, { minLength: 1, maxLength: 4 }), (entry, changes) => {
        let body = [...encoded(entry).slice(8)];
        for (const [how, place, bytes] of changes) {
          const at = place % (body.length + 1);
          body = [
            ...body.slice(0, at),
            ...(how === 'cut' ? [] : bytes),
            ...body.slice(how === 'insert' ? at : at + bytes.length),
          ];
        }
        const bytes = sealed(Uint8Array.from(body));
        const decoded = decodeEntry(bytes);
        if (decoded.type === 'entry') expect(hex(encoded(decoded.entry))).toBe(hex(ofSchema(entrySchema, hex(bytes))));
        else expect(['malformed', 'schema']).toContain(decoded.code);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a string', [28, 0, 1, 107, 1]],
    ['a list', [28, 0, 1, 107, 2]],
    ['a set', [28, 0, 1, 107, 3]],
    ['a zset', [28, 0, 1, 107, 4]],
    ['a hash', [28, 0, 1, 107, 5]],
    ['a stream', [28, 0, 1, 107, 6]],
    ['a module value', [28, 0, 1, 107, 7]],
    ['covers', [16, 0, 1, 107]],
    ['arguments', [27, 0, 1, 107, 0]],
    ['a stream entry', [24, 0, 1, 107, 1, 1]],
  ])('the declared size of %s alone costs no memory', (_name, op) => {
    for (const size of [100, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const writer = new ByteWriter();
      writer.raw(Uint8Array.of(entrySchema, 1, 1, 1, 1, 1, ...op));
      writer.varint(size);
      writer.raw(Uint8Array.of(0, 0, 0));
      expect(decodeEntry(sealed(writer.take()))).toMatchObject({ type: 'failure', code: 'malformed' });
    }
  });

  it('a declared count of ops alone costs no memory', () => {
    const writer = new ByteWriter();
    writer.raw(Uint8Array.of(entrySchema, 1, 1, 1, 1));
    writer.varint(Number.MAX_SAFE_INTEGER);
    expect(decodeEntry(sealed(writer.take()))).toMatchObject({ type: 'failure', code: 'malformed' });
  });

  it.each([0, 1, 4, 255])('schema %i is refused by number', (schema) => {
    const body = encoded(unit()).slice(8);
    body[0] = schema;
    const decoded = decodeEntry(sealed(body));
    expect(decoded).toMatchObject({ type: 'failure', code: 'schema' });
    expect(decoded.type === 'failure' && decoded.message).toContain(`schema ${schema};`);
    expect(decoded.type === 'failure' && decoded.message).toContain('reads 2 to 3');
  });
});
