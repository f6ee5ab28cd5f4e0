import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from './byte-reader.ts';
import { toByteString } from './byte-string.ts';
import { ByteWriter } from './byte-writer.ts';

type Value =
  | readonly ['u8' | 'u32' | 'varint' | 'f64', number]
  | readonly ['wide', number | bigint]
  | readonly ['signed', bigint]
  | readonly ['bytes', Uint8Array]
  | readonly ['text', string];

const anyNatural = fc.oneof(
  fc.maxSafeNat(),
  fc.nat({ max: 300 }),
  fc.integer({ min: 0, max: 53 }).map((bit) => Math.min(2 ** bit, Number.MAX_SAFE_INTEGER)),
  fc.integer({ min: 1, max: 53 }).map((bit) => 2 ** bit - 1),
);
const anyWide = fc.oneof(anyNatural, fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }));
const anySigned = fc.oneof(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), fc.bigInt({ min: -300n, max: 300n }));
const anyBytes = fc.uint8Array({ maxLength: 200 });
const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.tuple(fc.constant('u8' as const), fc.nat({ max: 255 })),
  fc.tuple(fc.constant('u32' as const), fc.nat({ max: 0xffffffff })),
  fc.tuple(fc.constant('varint' as const), anyNatural),
  fc.tuple(fc.constant('wide' as const), anyWide),
  fc.tuple(fc.constant('f64' as const), fc.double({ noNaN: true })),
  fc.tuple(fc.constant('signed' as const), anySigned),
  fc.tuple(fc.constant('bytes' as const), anyBytes),
  fc.tuple(
    fc.constant('text' as const),
    anyBytes.map((bytes) => toByteString(bytes)),
  ),
);

function write(writer: ByteWriter, [type, value]: Value): void {
  (writer[type] as (value: unknown) => void).call(writer, value);
}

function encoded(values: readonly Value[], capacity = 4096): Uint8Array {
  const writer = new ByteWriter(capacity);
  for (const value of values) write(writer, value);
  return writer.take();
}

const read = (reader: ByteReader, [type]: Value): unknown => reader[type]();

describe('what was written is read', () => {
  it('whatever it is, and however small the buffer began', () => {
    fc.assert(
      fc.property(fc.array(anyValue), fc.integer({ min: 1, max: 64 }), (values, capacity) => {
        const bytes = encoded(values, capacity);
        const reader = new ByteReader(bytes);
        for (const value of values) expect(read(reader, value)).toEqual(value[1]);
        expect(reader.failed).toBe(false);
        expect(reader.remaining).toBe(0);
        expect(reader.at).toBe(bytes.length);
      }),
    );
  });

  it.each([
    [0, 1],
    [127, 1],
    [128, 2],
    [16_383, 2],
    [16_384, 3],
    [0x7fffffff, 5],
    [0x80000000, 5],
    [2 ** 49 - 1, 7],
    [2 ** 49, 8],
    [Number.MAX_SAFE_INTEGER, 8],
  ])('varint %d takes %d bytes', (value, size) => {
    expect(encoded([['varint', value]])).toHaveLength(size);
  });

  it('negative zero and infinities are told apart', () => {
    for (const value of [-0, 0, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE])
      expect(Object.is(new ByteReader(encoded([['f64', value]])).f64(), value)).toBe(true);
  });
});

describe('what is not there, or not canonical, fails and never throws', () => {
  it('every truncation', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { minLength: 1, maxLength: 6 }), (values) => {
        const bytes = encoded(values);
        for (let length = 0; length < bytes.length; length++) {
          const reader = new ByteReader(bytes, 0, length);
          for (const value of values) read(reader, value);
          expect(reader.failed).toBe(true);
          expect(reader.at).toBeLessThanOrEqual(length);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('reads zeros after a failure', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2));
    reader.u32();
    expect([reader.failed, reader.u8(), reader.varint(), reader.signed(), reader.f64(), reader.text()]).toEqual([
      ...[true, 0, 0, 0n, 0],
      '',
    ]);
    expect(reader.bytes()).toHaveLength(0);
  });

  it.each([
    ['a varint padded by a zero', [0x80, 0x00]],
    ['a longer one', [0xff, 0x80, 0x00]],
    ['a varint of nine bytes', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a varint above the safe integers', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['the least of those', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ['a varint that does not end', [0x80]],
  ])('%s', (_name, bytes) => {
    const reader = new ByteReader(Uint8Array.from(bytes));
    expect(reader.varint()).toBe(0);
    expect(reader.failed).toBe(true);
  });

  it.each([
    ['a wide one padded by a zero', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
    ['a wide one of 64 bits', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a wide one that does not end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ])('%s', (_name, bytes) => {
    const reader = new ByteReader(Uint8Array.from(bytes));
    expect(reader.wide()).toBe(0);
    expect(reader.failed).toBe(true);
  });

  it.each([
    ['a signed padded by a zero', [0x82, 0x00]],
    ['a signed that does not end', [0x80, 0x80]],
    ['a signed beyond its limit', new Array<number>(30).fill(0x80)],
  ])('%s', (_name, bytes) => {
    const reader = new ByteReader(Uint8Array.from(bytes));
    reader.signed();
    expect(reader.failed).toBe(true);
  });

  it('a length beyond the end, however large', () => {
    for (const length of [4, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const bytes = encoded([['varint', length]]);
      for (const type of ['bytes', 'text'] as const) {
        const reader = new ByteReader(Uint8Array.of(...bytes, 1, 2, 3));
        expect(reader[type]()).toHaveLength(0);
        expect(reader.failed).toBe(true);
      }
    }
  });

  it('any bytes at all: reading ends, within the bytes', () => {
    fc.assert(
      fc.property(anyBytes, fc.array(anyValue), (bytes, values) => {
        const reader = new ByteReader(bytes);
        for (const value of values) read(reader, value);
        expect(reader.at).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  it('what is read again is written alike: varints are canonical', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 10 }),
        fc.constantFrom('varint', 'signed'),
        (bytes, type) => {
          const reader = new ByteReader(bytes);
          const value = type === 'varint' ? reader.varint() : reader.signed();
          if (reader.failed) return;
          expect(encoded([[type, value] as Value])).toEqual(bytes.slice(0, reader.at));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('a writer', () => {
  it('hands out copies from the front, and goes on with the rest', () => {
    const writer = new ByteWriter(2);
    for (const byte of [1, 2, 3, 4, 5]) writer.u8(byte);
    const first = writer.take(2);
    writer.u8(6);
    expect(first).toEqual(Uint8Array.of(1, 2));
    expect(writer.length).toBe(4);
    expect(writer.view(1)).toEqual(Uint8Array.of(4, 5, 6));
    expect(writer.take()).toEqual(Uint8Array.of(3, 4, 5, 6));
    expect(writer.length).toBe(0);
  });

  it('lets go of a large buffer with what was in it, and never writes to what it handed out', () => {
    for (const size of [5 << 20, (5 << 20) + 1]) {
      const writer = new ByteWriter(16);
      writer.raw(new Uint8Array(5 << 20).fill(7));
      if (size > 5 << 20) writer.u8(7);
      const taken = writer.take();
      writer.raw(new Uint8Array(100).fill(9));
      expect([taken.length, taken.every((byte) => byte === 7)]).toEqual([size, true]);
      expect(writer.take()).toEqual(new Uint8Array(100).fill(9));
    }
  });

  it('overwrites four bytes in place', () => {
    const writer = new ByteWriter();
    writer.u32(1);
    writer.u8(9);
    writer.setU32(0, 0xfffefdfc);
    expect(writer.take()).toEqual(Uint8Array.of(0xfc, 0xfd, 0xfe, 0xff, 9));
  });
});
