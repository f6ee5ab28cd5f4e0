/** Arbitrary entries: every type of op, with whatever the format can carry. Indices are those a translation gives. */
import fc from 'fast-check';
import { toByteString } from '../src/bytes/byte-string.ts';
import type { Entry, Op } from '../src/entry/entry.ts';

const bytes = fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ minLength: 120, maxLength: 300 }));
const text = bytes.map((value) => toByteString(value));
const time = fc.oneof(fc.maxSafeNat(), fc.nat({ max: 200 }));
const small = fc.nat({ max: 300 });
const at = fc.option(time, { nil: null });
const sum = fc.oneof(fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }), fc.bigInt({ min: -200n, max: 200n }));
const base = fc.oneof(
  fc.record({ stable: time }),
  fc.record({ exact: fc.record({ time, priority: small, index: small }) }),
);
const place = fc.record({
  db: fc.constantFrom(0, 0, 1, 15, 200),
  key: fc.oneof(fc.constantFrom('', 'a', 'b'), text),
  index: fc.constant(0),
});

const is = <const T extends Op['type']>(type: T): { type: fc.Arbitrary<T> } => ({ type: fc.constant(type) });
const anyRest = fc.oneof(
  fc.record({ ...is('assign'), value: bytes, expiry: fc.oneof(at, fc.constant('keep' as const)) }),
  fc.record({ ...is('delete') }),
  fc.record({ ...is('expire'), at }),
  fc.record({ ...is('field'), field: text, value: fc.option(bytes, { nil: null }) }),
  fc.record({ ...is('member'), member: text, present: fc.boolean() }),
  fc.record({
    ...is('score'),
    member: text,
    score: fc.option(fc.double({ noNaN: true }), { nil: null }),
  }),
  fc
    .record({
      ...is('count'),
      cell: fc.constantFrom('string' as const, 'hash' as const, 'zset' as const),
      ...{ field: text, base, sum, by: sum, previous: time },
    })
    .map((count) => (count.cell === 'string' ? { ...count, field: '' } : count)),
);

/** Ops numbered as they follow each other. */
function numbered(ops: readonly Op[]): Op[] {
  let index = 0;
  return ops.map((op) => {
    const one = { ...op, index };
    index += op.type === 'assign' ? 2 : 1;
    return one;
  });
}

const anyOps = fc
  .array(fc.tuple(place, anyRest), { maxLength: 8 })
  .map((pairs) => numbered(pairs.map(([where, rest]) => ({ ...where, ...rest }) as Op)));

export const anyEntry: fc.Arbitrary<Entry> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant('unit' as const), seq: time, time, priority: small, ops: anyOps }),
  },
  fc.record({ type: fc.constant('heartbeat' as const), seq: time, time, priority: small, received: time }),
);
