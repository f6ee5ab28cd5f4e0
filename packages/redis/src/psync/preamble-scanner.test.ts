import { describe, expect, it } from 'vitest';
import { maxPreambleBytes, type Preamble, PreambleScanner } from './preamble-scanner.ts';

const bytes = (...parts: (string | number | number[] | Buffer)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part, 'latin1');
      return typeof part === 'number' ? Buffer.of(part) : Buffer.from(part);
    }),
  );
const text = (value: string): Buffer => bytes(value.length, value);
const aux = (name: string, value: Buffer): Buffer => Buffer.concat([bytes(250), text(name), value]);
const version = aux('redis-ver', text('7.0.15'));
/** As a master writes it: integers of 8, 16 and 32 bits among the values. */
const usual = Buffer.concat([
  bytes('REDIS0010'),
  version,
  aux('redis-bits', bytes(0xc0, 64)),
  aux('ctime', bytes(0xc2, [1, 2, 3, 4])),
  aux('repl-stream-db', bytes(0xc0, 3)),
  aux('repl-id', bytes([0x40, 40], 'a'.repeat(40))),
  aux('repl-offset', bytes(0xc1, [0, 1])),
]);

function whole(rdb: Buffer): Preamble {
  return new PreambleScanner().push(rdb);
}

function byteByByte(rdb: Buffer): Preamble {
  const scanner = new PreambleScanner();
  let result: Preamble = { kind: 'need-more' };
  for (const byte of rdb) result = scanner.push(Buffer.of(byte));
  return result;
}

const cases: [string, Buffer, Preamble][] = [
  ['an end', bytes('REDIS0010', 255), { kind: 'known', empty: true, streamDb: -1 }],
  ['aux fields, then the end', Buffer.concat([usual, bytes(255)]), { kind: 'known', empty: true, streamDb: 3 }],
  ['a database', Buffer.concat([usual, bytes(254, 0)]), { kind: 'known', empty: false, streamDb: 3 }],
  ['a function', bytes('REDIS0010', 245), { kind: 'known', empty: false, streamDb: -1 }],
  ['a function of a release candidate', bytes('REDIS0010', 246), { kind: 'known', empty: false, streamDb: -1 }],
  ['module data', bytes('REDIS0012', 247), { kind: 'known', empty: false, streamDb: -1 }],
  ['a value', bytes('REDIS0009', 0), { kind: 'known', empty: false, streamDb: -1 }],
  ['an opcode of one product', bytes('VALKEY080', 243), { kind: 'known', empty: false, streamDb: -1 }],
  ['an empty Valkey', bytes('VALKEY080', 255), { kind: 'known', empty: true, streamDb: -1 }],
  [
    'a compressed and two long strings',
    Buffer.concat([
      bytes('REDIS0010'),
      aux('packed', bytes(0xc3, 3, 20, 'xyz')),
      aux('long', bytes(0x80, [0, 0, 0, 2], 'ab')),
      aux('longer', bytes(0x81, [0, 0, 0, 0, 0, 0, 0, 1], 'a')),
      aux('repl-stream-db', text('12')),
      bytes(255),
    ]),
    { kind: 'known', empty: true, streamDb: 12 },
  ],
];

describe('PreambleScanner', () => {
  it.each(cases)('tells %s, whole, byte by byte, and with trailing bytes', (_, rdb, expected) => {
    expect(whole(rdb)).toEqual(expected);
    expect(byteByByte(rdb)).toEqual(expected);
    expect(whole(Buffer.concat([rdb, bytes(254, 0, 250)]))).toEqual(expected);
  });

  it('needs more until the deciding byte', () => {
    for (let length = 0; length < usual.length; length++) {
      expect(whole(usual.subarray(0, length)).kind).toBe('need-more');
    }
  });

  it.each([bytes('RADIS0010'), bytes('REDIS00x0'), bytes('VALKEY0800'.slice(0, 8), 10), bytes('REDIS0010', 250, 0xc4)])(
    'calls %j malformed',
    (rdb) => {
      expect(whole(rdb).kind).toBe('malformed');
      expect(byteByByte(rdb).kind).toBe('malformed');
    },
  );

  it('gives up looking at its limit and then says: not empty', () => {
    const scanner = new PreambleScanner();
    scanner.push(bytes('REDIS0010', 250, text('name'), 0x80, [0, 2, 0, 0]));
    const piece = Buffer.alloc(1000, 97);
    let result: Preamble = { kind: 'need-more' };
    for (let fed = 0; fed < maxPreambleBytes; fed += piece.length) result = scanner.push(piece);
    expect(result).toEqual({ kind: 'known', empty: false, streamDb: -1 });
  });
});
