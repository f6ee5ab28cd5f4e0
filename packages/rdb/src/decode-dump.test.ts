import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyValue } from '../test-support/any-value.ts';
import { oldPayloads } from '../test-support/old-payloads.ts';
import {
  bytesOf,
  listpack,
  little,
  type Piece,
  payload,
  rawId,
  string,
  withBody,
  ziplist,
} from '../test-support/payload.ts';
import { type DecodedDump, decodeDump, encodeDump, type RdbFailureCode, type RdbLimits } from './index.ts';

function code(dump: DecodedDump): RdbFailureCode | 'none' {
  return dump.ok ? 'none' : dump.failure.code;
}

const nan = bytesOf(little(0, 6), 0xf8, 0x7f);
const tooBig = bytesOf(0x81, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const expiry = little(2_000_000_000_000, 8);

/** A stream of one node, made of the elements of its listpack, and a length. */
function stream(length: number, ...elements: readonly (string | Uint8Array)[]): Piece[] {
  return [15, 1, 16, rawId(5, 1), string(listpack(...elements)), length, 5, 9, 0];
}
const n = (value: number): Uint8Array => bytesOf(value);
const entry = (flags: number, seq: number, ...more: readonly (string | Uint8Array)[]): (string | Uint8Array)[] => [
  ...[n(flags), n(0), n(seq)],
  ...more,
];
const head = (count: number): (string | Uint8Array)[] => [n(count), n(0), n(1), 'f', n(0)];
const group = (...pieces: readonly Piece[]): Piece[] => [15, 0, 0, 0, 0, 1, 1, 'g', 0, 0, ...pieces];
const consumer = (...ids: readonly Uint8Array[]): Piece[] => [1, 'c', little(1, 8), ids.length, ...ids];
const pendingEntry = (id: Uint8Array): Piece[] => [id, little(1, 8), 1];

/** What a value is made of, the failure, where. The first byte of each is the type. */
const broken: [title: string, body: readonly Piece[], code: RdbFailureCode, at: number, version?: number][] = [
  ['type 6 of modules before their release', [6, 1], 'unknown-type', 0],
  ['type 8', [8, 1], 'unknown-type', 0],
  ['an array of Redis 8.10', [28, 1], 'unknown-type', 0, 15],
  ["a path hash of Valkey's", [23, 1], 'unknown-type', 0, 81],
  ['an opcode', [243, 1], 'unknown-type', 0, 13],
  ['an expiring hash before its version', [24, 1], 'unknown-type', 0, 11],
  ['a stream before its version', [26, 1], 'unknown-type', 0, 12],
  ["Redis' expiring hash in Valkey's version", [24, 1], 'unknown-type', 0, 80],
  ['a string that is cut', [0, 5, 'four'], 'truncated', 2],
  ['a string that ends before its length', [0, 0x80, 0, 0], 'truncated', 2],
  ['a string of unknown encoding', [0, 0xc4, 0], 'bad-string', 1],
  ['an unknown length', [0, 0x82, 0, 0, 0, 0], 'bad-length', 1],
  ['a length beyond 2^53', [0, tooBig], 'bad-length', 1],
  ['a count that is a string', [1, 0xc0, 1], 'bad-length', 1],
  ['a count that cannot be', [1, 0x80, 0x7f, 0xff, 0xff, 0xff, 1], 'truncated', 1],
  ['a compressed string that is cut', [0, 0xc3, 4, 2, 1, 'ab'], 'truncated', 4],
  ['a compressed string that writes too much', [0, 0xc3, 3, 1, 1, 'ab'], 'bad-lzf', 1],
  ['a compressed string that writes too little', [0, 0xc3, 3, 3, 1, 'ab'], 'bad-lzf', 1],
  ['a compressed string that copies from before it', [0, 0xc3, 2, 3, 0x20, 0], 'bad-lzf', 1],
  ['a compressed string that cannot be so long', [0, 0xc3, 2, 0x42, 0x00, 0x20, 0], 'bad-lzf', 1],
  ['bytes after the value', [0, 1, 'a', 'b'], 'trailing-bytes', 3],
  ['a score that is NaN', [5, 1, 1, 'a', nan], 'bad-score', 4],
  ['a score that is said to be NaN', [3, 1, 1, 'a', 253], 'bad-score', 4],
  ['a score that is a word', [3, 1, 1, 'a', 4, 'word'], 'bad-score', 4],
  ['a score in a listpack that is a word', [17, string(listpack('a', 'word'))], 'bad-score', 15],
  ['a score that is missing', [17, string(listpack('a'))], 'bad-listpack', 12],
  ['a value that is missing', [16, string(listpack('a'))], 'bad-listpack', 12],
  ['a value that is missing in a ziplist', [13, string(ziplist('a'))], 'bad-ziplist', 16],
  ['an expiry that is missing', [25, expiry, string(listpack('a', 'b'))], 'bad-listpack', 23, 12],
  ['an expiry that is a word', [25, expiry, string(listpack('a', 'b', 'c'))], 'bad-expiry', 26, 12],
  ['an expiry before all time', [22, 1, 1, 'a', 1, 'b', little(-2, 8)], 'bad-expiry', 6, 80],
  ['an expiry beyond 2^53', [22, 1, 1, 'a', 1, 'b', little(2n ** 60n, 8)], 'bad-expiry', 6, 80],
  ['an earliest expiry beyond 2^53', [24, little(2n ** 60n, 8), 0], 'bad-expiry', 1, 12],
  ['a node of a kind of its own', [18, 1, 3, 1, 'a'], 'bad-quicklist', 2],
  ['an intset of odd width', [11, string(little(3, 4), little(0, 4))], 'bad-intset', 6],
  ['an intset that is too short', [11, string(little(2, 4), little(2, 4), 0, 0)], 'bad-intset', 6],
  ['a zipmap without an end', [9, string(1, 1, 'a', 1, 0, 'b')], 'bad-zipmap', 12],
  ['a zipmap with bytes behind it', [9, string(0, 255, 0)], 'bad-zipmap', 7],
  ['a zipmap with another count', [9, string(2, 1, 'a', 1, 0, 'b', 255)], 'bad-zipmap', 12],
  ['a zipmap that ends within a field', [9, string(1, 1, 'a', 255)], 'bad-zipmap', 9],
  ['a listpack that is too short', [20, string(1, 0, 0, 0)], 'bad-listpack', 6],
  ['a listpack of another length', [20, string(little(9, 4), 0, 0, 255)], 'bad-listpack', 6],
  ['a listpack without an end', [20, string(little(7, 4), 0, 0, 0)], 'bad-listpack', 6],
  ['a listpack with another count', [20, string(little(9, 4), 2, 0, 1, 1, 255)], 'bad-listpack', 12],
  ['an element of another length', [20, string(little(9, 4), 1, 0, 1, 2, 255)], 'bad-listpack', 12],
  ['an element that goes beyond its listpack', [20, string(little(9, 4), 1, 0, 0x83, 1, 255)], 'bad-listpack', 12],
  ['an element of unknown encoding', [20, string(little(9, 4), 1, 0, 0xf5, 1, 255)], 'bad-listpack', 12],
  ['a ziplist that is too short', [10, string(1, 0, 0, 0)], 'bad-ziplist', 6],
  ['a ziplist of another length', [10, string(little(12, 4), little(10, 4), 0, 0, 255)], 'bad-ziplist', 6],
  ['a ziplist without an end', [10, string(little(11, 4), little(10, 4), 0, 0, 0)], 'bad-ziplist', 6],
  ['a ziplist with its last element elsewhere', [10, string(little(11, 4), little(9, 4), 0, 0, 255)], 'bad-ziplist', 6],
  ['a ziplist with another count', [10, string(little(13, 4), little(10, 4), 2, 0, 0, 0xf1, 255)], 'bad-ziplist', 16],
  [
    'a ziplist that does not fit together',
    [10, string(little(13, 4), little(10, 4), 1, 0, 1, 0xf1, 255)],
    'bad-ziplist',
    6,
  ],
  [
    'an unknown element of a ziplist',
    [10, string(little(13, 4), little(10, 4), 1, 0, 0, 0xc1, 255)],
    'bad-ziplist',
    16,
  ],
  [
    'an element that goes beyond its ziplist',
    [10, string(little(13, 4), little(10, 4), 1, 0, 0, 5, 255)],
    'bad-ziplist',
    16,
  ],
  ['a part of a module of unknown kind', [7, 1, 6], 'bad-module', 2],
  ['a module without an end', [7, 1, 2, 1], 'truncated', 4],
  ['a stream of another length', stream(2, ...head(1), ...entry(2, 0, 'v', n(4))), 'bad-stream', 53],
  ['a node whose id is none', [15, 1, 15, new Uint8Array(15)], 'bad-stream', 2],
  ['a node that ends within an entry', stream(1, ...head(1), ...entry(2, 0)), 'bad-stream', 2],
  ['a node that goes on', stream(1, ...head(1), ...entry(2, 0, 'v', n(4)), n(0)), 'bad-stream', 2],
  ['a node whose first entry does not end', stream(1, n(1), n(0), n(0), n(1)), 'bad-stream', 2],
  ['an entry with another number of elements', stream(1, ...head(1), ...entry(2, 0, 'v', n(5))), 'bad-stream', 2],
  ['a count that is a text', stream(1, 'x'), 'bad-stream', 30],
  [
    'ids that do not ascend',
    stream(2, ...head(2), ...entry(2, 1, 'v', n(4)), ...entry(2, 1, 'v', n(4))),
    'bad-stream',
    2,
  ],
  ['a pending entry of no consumer', group(1, pendingEntry(rawId(1, 1)), 0), 'bad-stream', 10],
  ['an entry that is not pending', group(0, 1, consumer(rawId(1, 1))), 'bad-stream', 23],
  [
    'an entry of two consumers',
    group(1, pendingEntry(rawId(1, 1)), 2, consumer(rawId(1, 1)), consumer(rawId(1, 1))),
    'bad-stream',
    75,
  ],
  [
    'an entry that is pending twice',
    group(2, pendingEntry(rawId(1, 1)), pendingEntry(rawId(1, 1)), 0),
    'bad-stream',
    36,
  ],
];

describe('what is not a value', () => {
  it.each(broken)('%s', (_, body, failure, position, version = 10) => {
    expect(decodeDump(payload(version, 'right', ...body))).toEqual({
      ok: false,
      failure: { code: failure, position, text: expect.stringContaining(`(byte ${position})`) },
    });
  });

  it('positions within something compressed are where that begins', () => {
    // A listpack without an end, as literals.
    const compressed = [20, 0xc3, 8, 7, 6, little(7, 4), 0, 0, 0];
    expect(decodeDump(payload(11, 'right', ...compressed))).toMatchObject({
      failure: { code: 'bad-listpack', position: 1 },
    });
  });

  it.each([0, 16, 79, 82, 65535])('RDB version %d', (version) => {
    const failure = { code: 'unknown-version', position: 3 };
    expect(decodeDump(payload(version, 'right', 0, 1, 'a'))).toMatchObject({ failure });
  });

  it('another checksum, unless it is 0', () => {
    const right = payload(10, 'right', 0, 1, 'a');
    const wrong = Uint8Array.from(right);
    wrong[wrong.length - 1]! ^= 1;
    expect(decodeDump(right)).toMatchObject({ ok: true, rdbVersion: 10, flavour: 'redis' });
    expect(decodeDump(wrong)).toMatchObject({ failure: { code: 'bad-checksum', position: 5 } });
    expect(decodeDump(payload(80, 0, 0, 1, 'a'))).toMatchObject({ ok: true, rdbVersion: 80, flavour: 'valkey' });
  });

  it('less than a type and a footer', () => {
    for (let length = 0; length <= 10; length++)
      expect(decodeDump(new Uint8Array(length))).toMatchObject({ failure: { code: 'truncated', position: length } });
  });
});

describe('limits', () => {
  const rows: [limit: keyof RdbLimits, least: number, code: RdbFailureCode, body: readonly Piece[]][] = [
    ['maxStringBytes', 5, 'string-too-long', [0, 5, 'abcde']],
    ['maxStringBytes', 40, 'string-too-long', [0, 0xc3, 5, 40, 0, 'a', 0xe0, 30, 0]],
    ['maxInflatedBytes', 40, 'inflates-too-far', [0, 0xc3, 5, 40, 0, 'a', 0xe0, 30, 0]],
    [
      'maxInflatedBytes',
      80,
      'inflates-too-far',
      [1, 2, 0xc3, 5, 40, 0, 'a', 0xe0, 30, 0, 0xc3, 5, 40, 0, 'b', 0xe0, 30, 0],
    ],
    ['maxElements', 3, 'too-many-elements', [1, 3, 1, 'a', 1, 'b', 1, 'c']],
    ['maxElements', 2, 'too-many-elements', [4, 2, 1, 'a', 1, 'b', 1, 'c', 1, 'd']],
    ['maxElements', 3, 'too-many-elements', [20, string(listpack('a', 'b', 'c'))]],
    ['maxElements', 2, 'too-many-elements', [11, string(little(2, 4), little(2, 4), little(1, 2), little(2, 2))]],
    ['maxElements', 2, 'too-many-elements', [9, string(2, 1, 'a', 1, 0, 'b', 1, 'c', 1, 0, 'd', 255)]],
    ['maxElements', 3, 'too-many-elements', [18, 2, 1, 1, 'a', 2, string(listpack('b', 'c'))]],
    // A name of the node, and an entry with a name and a value.
    ['maxElements', 4, 'too-many-elements', stream(1, ...head(1), ...entry(2, 0, 'v', n(4)))],
    ['maxElements', 3, 'too-many-elements', group(1, pendingEntry(rawId(1, 1)), 1, consumer(rawId(1, 1)))],
  ];

  it.each(rows)('%s of %d is enough, and one less is not', (limit, least, failure, body) => {
    const whole = payload(11, 'right', ...body);
    expect(code(decodeDump(whole, { [limit]: least }))).toBe('none');
    expect(code(decodeDump(whole, { [limit]: least - 1 }))).toBe(failure);
  });

  it('are checked before anything is allocated', () => {
    const terabytes = bytesOf(0x81, little(2 ** 42, 8).reverse());
    const before = process.memoryUsage().arrayBuffers;
    expect(code(decodeDump(payload(11, 'right', 0, terabytes)))).toBe('string-too-long');
    expect(code(decodeDump(payload(11, 'right', 0, 0xc3, 1, terabytes, 0)))).toBe('string-too-long');
    expect(code(decodeDump(payload(11, 'right', 2, terabytes, 0)))).toBe('truncated');
    expect(code(decodeDump(payload(11, 'right', 14, terabytes, 0)))).toBe('bad-ziplist');
    expect(code(decodeDump(payload(11, 'right', 0, 0xc3, 1, 0x80, 0x3f, 0, 0, 0, 0)))).toBe('bad-lzf');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
  });
});

describe('any bytes', () => {
  const seeds = fc.oneof(
    fc.constantFrom(...Object.values(oldPayloads).map((one) => one.payload)),
    anyValue.redis.map((value) => encodeDump(value, { flavour: 'redis' })),
    anyValue.valkey.map((value) => encodeDump(value, { flavour: 'valkey' })),
  );
  const change = fc.record({
    at: fc.nat(),
    byte: fc.nat({ max: 255 }),
    drop: fc.nat({ max: 3 }),
    insert: fc.nat({ max: 2 }),
  });

  function mutate(
    whole: Uint8Array,
    changes: readonly { at: number; byte: number; drop: number; insert: number }[],
  ): Uint8Array {
    let body = whole.subarray(0, -10);
    for (const { at, byte, drop, insert } of changes) {
      // Half of the changes near the beginning, where the structure is.
      const where = (at & 1 ? at >> 1 : (at >> 1) % 40) % (body.length + 1);
      body = bytesOf(body.subarray(0, where), new Uint8Array(insert).fill(byte), body.subarray(where + drop));
      if (insert + drop === 0 && where < body.length) body[where] = byte;
    }
    return withBody(whole, body);
  }

  it('give a value or a failure that names a byte of them, and never throw', () => {
    fc.assert(
      fc.property(seeds, fc.array(change, { minLength: 1, maxLength: 6 }), (whole, changes) => {
        const mutated = mutate(whole, changes);
        const dump = decodeDump(mutated, { maxInflatedBytes: 2 ** 24 });
        if (dump.ok) return;
        expect(dump.failure.position).toBeGreaterThanOrEqual(0);
        expect(dump.failure.position).toBeLessThanOrEqual(mutated.length);
      }),
      { numRuns: 800 },
    );
  });

  it('of any type', () => {
    const versions = fc.constantFrom(9, 10, 11, 12, 13, 14, 15, 80, 81);
    fc.assert(
      fc.property(fc.nat({ max: 30 }), fc.uint8Array({ maxLength: 120 }), versions, (type, body, version) => {
        const whole = payload(version, 0, type, body);
        const dump = decodeDump(whole, { maxInflatedBytes: 2 ** 24 });
        if (!dump.ok) expect(dump.failure.position).toBeLessThanOrEqual(whole.length);
      }),
      { numRuns: 3000 },
    );
  });

  it('are the same as a view into a larger buffer', () => {
    fc.assert(
      fc.property(seeds, fc.nat({ max: 20 }), (whole, offset) => {
        const around = new Uint8Array(whole.length + offset + 5).fill(0x81);
        around.set(whole, offset);
        expect(decodeDump(around.subarray(offset, offset + whole.length))).toEqual(decodeDump(whole));
      }),
      { numRuns: 100 },
    );
  });
});

describe('large values', { timeout: 60_000 }, () => {
  it('a string of 512 MiB', () => {
    const value = new Uint8Array(512 * 1024 * 1024);
    value[value.length - 1] = 1;
    const dump = decodeDump(encodeDump({ kind: 'string', value }, { flavour: 'redis' }));
    if (!dump.ok || dump.value.kind !== 'string') throw new Error('No string.');
    expect(dump.value.value.length).toBe(value.length);
    expect(dump.value.value.at(-1)).toBe(1);
  });

  it('values are views of the payload', () => {
    const whole = payload(10, 'right', 1, 1, 3, 'abc');
    const dump = decodeDump(whole);
    if (!dump.ok || dump.value.kind !== 'list') throw new Error('No list.');
    expect(dump.value.elements[0]!.buffer).toBe(whole.buffer);
  });
});
