import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyHash, anySimpleValue, anyStream, anyValue } from '../test-support/any-value.ts';
import { plainOf } from '../test-support/plain-value.ts';
import { decodeDump, type EncodableValue, encodeDump, type Flavour, type RdbValue, type StreamValue } from './index.ts';

const flavours: Flavour[] = ['redis', 'valkey'];
const bytes = (text: string) => new TextEncoder().encode(text);
const zero = { ms: 0n, seq: 0n };

function decoded(payload: Uint8Array): RdbValue {
  const dump = decodeDump(payload);
  if (!dump.ok) throw new Error(`${dump.failure.code}: ${dump.failure.text}`);
  return dump.value;
}

/** The type byte and the version of a payload. */
function framing(value: EncodableValue, flavour: Flavour, rdbVersion?: number): [type: number, version: number] {
  const payload = encodeDump(value, rdbVersion === undefined ? { flavour } : { flavour, rdbVersion });
  return [payload[0]!, payload[payload.length - 10]! | (payload[payload.length - 9]! << 8)];
}

describe.each(flavours)('encodeDump for %s', (flavour) => {
  it('is undone by decoding', () => {
    fc.assert(
      fc.property(anyValue[flavour], (value) => {
        const dump = decodeDump(encodeDump(value, { flavour }));
        if (!dump.ok) throw new Error(`${dump.failure.code}: ${dump.failure.text}`);
        expect(plainOf(dump.value)).toEqual(plainOf(value));
      }),
      { numRuns: 300 },
    );
  });

  it('is the same again after decoding', () => {
    fc.assert(
      fc.property(anyValue[flavour], (value) => {
        const payload = encodeDump(value, { flavour });
        const again = decoded(payload);
        if (again.kind === 'module') throw new Error('No module goes in.');
        expect(encodeDump(again, { flavour })).toEqual(payload);
      }),
    );
  });

  it('takes the lowest version of all, whoever is to read it, where it suffices', () => {
    fc.assert(
      fc.property(anySimpleValue, (value) => {
        expect(framing(value, flavour)[1]).toBe(9);
      }),
    );
  });
});

describe('versions', () => {
  const hash: EncodableValue = { kind: 'hash', fields: [{ field: bytes('f'), value: bytes('v'), expiresAt: 5_000 }] };

  it('expiries of fields have an encoding and a version of each flavour', () => {
    expect(framing(hash, 'redis')).toEqual([24, 12]);
    expect(framing(hash, 'redis', 13)).toEqual([24, 13]);
    expect(framing(hash, 'valkey')).toEqual([22, 80]);
    expect(() => encodeDump(hash, { flavour: 'redis', rdbVersion: 11 })).toThrow(RangeError);
    expect(() => encodeDump(hash, { flavour: 'valkey', rdbVersion: 11 })).toThrow(RangeError);
  });

  it.each([
    [1, 15, 9],
    [2, 19, 10],
    [3, 21, 11],
    [4, 26, 13],
    [5, 27, 14],
  ] as const)(
    'a stream of encoding %d has type %d and version %d, and what is needed for no less',
    (encoding, type, version) => {
      fc.assert(
        fc.property(anyStream(encoding), (value) => {
          const [gotType, gotVersion] = framing(value, 'redis');
          expect(gotType).toBeLessThanOrEqual(type);
          expect(gotVersion).toBeLessThanOrEqual(version);
        }),
        { numRuns: 30 },
      );
      const pending = [{ id: zero, consumer: null, deliveryTimeMs: 1, deliveryCount: 1n }];
      const consumers = [{ name: bytes('c'), seenTimeMs: 1, activeTimeMs: encoding >= 3 ? 2 : null }];
      const idempotency = { durationSeconds: 1n, maxEntries: 1n, producers: [], added: 0n, duplicates: 0n };
      const group = { name: bytes('g'), lastId: zero, entriesRead: 1n, pending: [], consumers, nacked: [] };
      const value: StreamValue = {
        kind: 'stream',
        entries: [],
        lastId: zero,
        firstId: zero,
        maxDeletedId: zero,
        entriesAdded: 0n,
        groups: encoding === 1 ? [] : [encoding === 5 ? { ...group, pending, nacked: [zero] } : group],
        idempotency: encoding >= 4 ? idempotency : null,
      };
      expect(framing(value, 'redis')).toEqual([type, version]);
      expect(decoded(encodeDump(value, { flavour: 'redis' }))).toEqual(value);
    },
  );

  it('a stream loses, in an older version that is asked for, what that has no place for, and nothing else', () => {
    fc.assert(
      fc.property(
        anyStream(4),
        fc.constantFrom<[number, Flavour]>([9, 'redis'], [10, 'redis'], [11, 'valkey'], [80, 'valkey']),
        (value, [rdbVersion, flavour]) => {
          const read = decoded(encodeDump(value, { flavour, rdbVersion })) as StreamValue;
          expect(read.entries).toEqual(value.entries);
          expect(read.lastId).toEqual(value.lastId);
          expect(read.idempotency).toBeNull();
          expect(read.groups.map(({ name, lastId, pending }) => [name, lastId, pending])).toEqual(
            value.groups.map(({ name, lastId, pending }) => [name, lastId, pending]),
          );
          const expected = rdbVersion >= 10 ? value.maxDeletedId : zero;
          expect(read.maxDeletedId).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ['redis', 8],
    ['redis', 16],
    ['redis', 80],
    ['valkey', 12],
    ['valkey', 82],
    ['valkey', 0],
  ] as const)('%s has no version %d that could be written', (flavour, rdbVersion) => {
    const value: EncodableValue = { kind: 'string', value: bytes('v') };
    expect(() => encodeDump(value, { flavour, rdbVersion })).toThrow(RangeError);
  });
});

describe('what cannot be encoded', () => {
  const stream: StreamValue = {
    kind: 'stream',
    entries: [],
    lastId: zero,
    firstId: zero,
    maxDeletedId: zero,
    entriesAdded: 0n,
    groups: [],
    idempotency: null,
  };
  const entry = { ms: 1n, seq: 1n, fields: [] };
  const pending = { id: zero, consumer: bytes('nobody'), deliveryTimeMs: 1, deliveryCount: 1n };
  const group = { name: bytes('g'), lastId: zero, entriesRead: null, consumers: [], nacked: [] };
  const field = { field: bytes('f'), value: bytes('v') };

  it.each<[string, EncodableValue]>([
    ['an empty list', { kind: 'list', elements: [] }],
    ['an empty set', { kind: 'set', members: [] }],
    ['an empty sorted set', { kind: 'zset', members: [] }],
    ['an empty hash', { kind: 'hash', fields: [] }],
    ['a score that is not a number', { kind: 'zset', members: [{ member: bytes('m'), score: Number.NaN }] }],
    ['an expiry before all time', { kind: 'hash', fields: [{ ...field, expiresAt: -1 }] }],
    ['half a millisecond', { kind: 'hash', fields: [{ ...field, expiresAt: 1.5 }] }],
    ['ids that repeat', { ...stream, entries: [entry, entry] }],
    ['a name without a value', { ...stream, entries: [{ ...entry, fields: [bytes('name')] }] }],
    ['a pending entry of a missing consumer', { ...stream, groups: [{ ...group, pending: [pending] }] }],
  ])('%s', (_, value) => {
    for (const flavour of flavours) expect(() => encodeDump(value, { flavour })).toThrow(RangeError);
  });

  it("an entry that is nobody's in a version that knows no such entries", () => {
    const value = { ...stream, groups: [{ ...group, pending: [{ ...pending, consumer: null }], nacked: [zero] }] };
    expect(() => encodeDump(value, { flavour: 'redis', rdbVersion: 13 })).toThrow(RangeError);
    expect(() => encodeDump(value, { flavour: 'valkey' })).toThrow(RangeError);
  });
});

it('expiries near and far come through', () => {
  fc.assert(
    fc.property(anyHash, fc.constantFrom(...flavours), (value, flavour) => {
      expect(decoded(encodeDump(value, { flavour }))).toEqual(value);
    }),
  );
});

it('a field that expired at the very beginning of time stays a field that expired', () => {
  const fields = [0, 1, 7].map((expiresAt) => ({ field: bytes(`${expiresAt}`), value: bytes('v'), expiresAt }));
  const value: EncodableValue = { kind: 'hash', fields };
  expect(decoded(encodeDump(value, { flavour: 'valkey' }))).toEqual(value);
  const read = decoded(encodeDump(value, { flavour: 'redis' }));
  expect(read.kind === 'hash' && read.fields.map(({ expiresAt }) => expiresAt)).toEqual([1, 1, 7]);
});
