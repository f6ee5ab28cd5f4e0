/** Any value that can be encoded, for properties. What no server would hold together is not drawn. */
import fc from 'fast-check';
import type { EncodableValue, StreamGroup, StreamId, StreamValue } from '../src/index.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.integer().map((value) => Uint8Array.from(Buffer.from(`${value}`))),
  fc.integer({ min: 60, max: 20_000 }).map((size) => new Uint8Array(size).fill(size)),
);
const time = fc.oneof(fc.nat(), fc.integer({ min: 1, max: 2 ** 48 }));
const big = fc.oneof(fc.bigInt(0n, 100n), fc.bigInt(0n, 2n ** 64n - 2n));
const score = fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constantFrom(Infinity, -Infinity, -0));
const expiry = fc.option(fc.integer({ min: 1, max: 2 ** 48 }));
const id: fc.Arbitrary<StreamId> = fc.record({ ms: big, seq: big });

function some<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(one, { minLength: 1, maxLength: 20 });
}

const entries = fc
  .array(fc.tuple(id, fc.array(bytes, { maxLength: 3 }), fc.array(bytes, { minLength: 3, maxLength: 3 })), {
    maxLength: 250,
  })
  .map((drawn) => {
    const rows = drawn.map(([{ ms, seq }, names, values]) => ({
      ms,
      seq,
      fields: names.flatMap((name, i) => [name, values[i]!]),
    }));
    const keyed = new Map(rows.map((row) => [`${row.ms}-${row.seq}`, row]));
    return [...keyed.values()].sort((a, b) => (a.ms === b.ms ? (a.seq < b.seq ? -1 : 1) : a.ms < b.ms ? -1 : 1));
  });

/** @param unowned - whether entries may be nobody's. */
function group(unowned: boolean, active: fc.Arbitrary<number | null>): fc.Arbitrary<StreamGroup> {
  return fc
    .record({
      name: bytes,
      lastId: id,
      entriesRead: fc.option(big),
      owned: fc.uniqueArray(fc.tuple(id, fc.nat(), time, big), {
        maxLength: 12,
        selector: ([{ ms, seq }]) => `${ms}-${seq}`,
      }),
      consumers: fc.uniqueArray(fc.record({ name: bytes, seenTimeMs: time, activeTimeMs: active }), {
        maxLength: 4,
        selector: ({ name }) => Buffer.from(name).toString('latin1'),
      }),
    })
    .map(({ owned, ...rest }) => {
      const owners = [...rest.consumers.map(({ name }) => name), ...(unowned ? [null] : [])];
      const pending = (owners.length === 0 ? [] : owned).map(([of, owner, deliveryTimeMs, deliveryCount]) => ({
        id: of,
        consumer: owners[owner % owners.length]!,
        deliveryTimeMs,
        deliveryCount,
      }));
      const nacked = pending.filter(({ consumer }) => consumer === null).map((one) => one.id);
      return { ...rest, pending, nacked };
    });
}

const idempotency = fc.record({
  durationSeconds: big,
  maxEntries: big,
  producers: fc.array(
    fc.record({ name: bytes, messages: fc.array(fc.record({ messageId: bytes, id }), { maxLength: 4 }) }),
    {
      maxLength: 3,
    },
  ),
  added: big,
  duplicates: big,
});

/** Streams as their encodings hold them: from Redis 5, 7.0, 7.2, 8.6 and 8.8. */
const activities = { 1: fc.constant(null), 2: fc.constant(null), 3: time, 4: time, 5: time };

export function anyStream(encoding: 1 | 2 | 3 | 4 | 5): fc.Arbitrary<StreamValue> {
  const active = activities[encoding];
  return fc
    .record({
      kind: fc.constant('stream' as const),
      entries,
      lastId: id,
      firstId: id,
      maxDeletedId: id,
      entriesAdded: big,
      groups: fc.array(group(encoding === 5, active), { maxLength: encoding === 1 ? 0 : 3 }),
      idempotency: encoding >= 4 ? idempotency : fc.constant(null),
    })
    .map((value) => {
      if (encoding > 1) return value;
      const { ms, seq } = value.entries[0] ?? { ms: 0n, seq: 0n };
      const zero = { ms: 0n, seq: 0n };
      return { ...value, firstId: { ms, seq }, maxDeletedId: zero, entriesAdded: BigInt(value.entries.length) };
    });
}

export const anyPlainHash = some(fc.record({ field: bytes, value: bytes, expiresAt: fc.constant(null) })).map(
  (fields) => ({ kind: 'hash' as const, fields }),
);

export const anyHash = some(fc.record({ field: bytes, value: bytes, expiresAt: expiry })).map((fields) => ({
  kind: 'hash' as const,
  fields,
}));

/** Values that every version holds alike. */
export const anySimpleValue: fc.Arbitrary<EncodableValue> = fc.oneof(
  bytes.map((value) => ({ kind: 'string' as const, value })),
  some(bytes).map((elements) => ({ kind: 'list' as const, elements })),
  some(bytes).map((members) => ({ kind: 'set' as const, members })),
  some(fc.record({ member: bytes, score })).map((members) => ({ kind: 'zset' as const, members })),
  anyPlainHash,
);

/** Values that every version of the flavour that has them holds alike. */
export const anyValue: Readonly<Record<'redis' | 'valkey', fc.Arbitrary<EncodableValue>>> = {
  redis: fc.oneof(anySimpleValue, anyHash, anyStream(1), anyStream(2), anyStream(3), anyStream(4), anyStream(5)),
  valkey: fc.oneof(anySimpleValue, anyHash, anyStream(1), anyStream(2), anyStream(3)),
};
