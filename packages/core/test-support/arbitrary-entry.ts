/** Arbitrary entries: every type of op, with whatever the format can carry. Indices are those a translation gives. */
import fc from 'fast-check';
import { toByteString } from '../src/bytes/byte-string.ts';
import { type Entry, indicesOf, type KeyContent, type Op } from '../src/entry/entry.ts';

const bytes = fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ minLength: 120, maxLength: 300 }));
const text = bytes.map((value) => toByteString(value));
const time = fc.oneof(fc.maxSafeNat(), fc.nat({ max: 200 }));
const small = fc.nat({ max: 300 });
const at = fc.option(time, { nil: null });
const wideTime = fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n });
const wideAt = fc.option(fc.oneof(time, wideTime), { nil: null });
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

const version = fc.record({ time, priority: small, index: small });
const covers = fc.array(fc.tuple(small, time), { maxLength: 3 });
const texts = fc.array(text, { maxLength: 3 });
const list = fc.array(bytes, { maxLength: 3 });
const score = fc.double({ noNaN: true });
const group = fc.record({
  name: text,
  lastId: text,
  entriesRead: fc.oneof(fc.constant(-1), time),
  consumers: texts,
  pending: fc.array(fc.record({ id: text, consumer: text, timeMs: time, count: small }), { maxLength: 3 }),
});

const anyContent: fc.Arbitrary<KeyContent> = fc.oneof(
  fc.record({ kind: fc.constant('string' as const), value: bytes }),
  fc.record({ kind: fc.constant('list' as const), elements: list }),
  fc.record({ kind: fc.constant('set' as const), members: texts }),
  fc.record({ kind: fc.constant('zset' as const), members: fc.array(fc.tuple(text, score), { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('hash' as const), fields: fc.array(fc.tuple(text, bytes, at), { maxLength: 3 }) }),
  fc.record({
    kind: fc.constant('stream' as const),
    entries: fc.array(fc.tuple(text, list), { maxLength: 3 }),
    lastId: text,
    groups: fc.array(group, { maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant('module' as const), payload: bytes }),
);

const is = <const T extends Op['type']>(type: T): { type: fc.Arbitrary<T> } => ({ type: fc.constant(type) });
const state = {
  ...is('state'),
  ...{ content: fc.option(anyContent, { nil: null }), expiry: wideAt, covers: fc.option(covers, { nil: null }) },
};
const anyOldRest = fc.oneof(
  fc.record({ ...is('assign'), value: bytes, expiry: fc.oneof(wideAt, fc.constant('keep' as const)) }),
  fc.record({ ...is('delete') }),
  fc.record({ ...is('expire'), at: wideAt }),
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

const anyNewRest = fc.oneof(
  fc.record({ ...is('end'), covers, expires: fc.boolean() }),
  fc.record({ ...is('end'), covers, expires: fc.constant(true), at: fc.oneof(time, wideTime) }),
  fc.record({ ...is('range'), by: fc.constantFrom('score' as const, 'lex' as const), min: text, max: text }),
  fc.record({ ...is('bit'), offset: time, on: fc.boolean() }),
  fc.record({ ...is('sketch'), element: fc.option(text, { nil: null }) }),
  fc.record({ ...is('stream'), cell: text, value: fc.option(list, { nil: null }) }),
  fc.record({ ...is('trim'), before: text }),
  fc.record(
    {
      ...is('guarded'),
      kind: fc.constantFrom('string' as const, 'list' as const, 'zset' as const, 'module' as const),
      ...{ base: fc.option(base, { nil: null }), args: list, adds: fc.boolean(), again: fc.constant(true as const) },
    },
    { requiredKeys: ['type', 'kind', 'base', 'args', 'adds'] },
  ),
  fc.record(state),
  fc.record({ ...is('refill'), content: anyContent, expiry: wideAt, cut: time }),
  fc.record({ ...is('want'), version }),
  fc.record({ ...is('check'), digest: text, covers }),
  fc.record({ ...is('flush') }),
  fc.record({ ...is('library'), code: fc.option(bytes, { nil: null }) }),
  fc.record({ ...is('publish'), message: bytes, sharded: fc.boolean() }),
);

/** Since schema 3. */
const untold = fc.record({ ...is('want'), version, untold: fc.constant(true as const) });
const toldAgain = fc.record({ ...state, again: fc.constant(true as const) });

/** Ops numbered as they follow each other. */
function numbered(ops: readonly Op[]): Op[] {
  let index = 0;
  return ops.map((op) => {
    const one = { ...op, index };
    index += indicesOf(op);
    return one;
  });
}

function opsOf(anyRest: fc.Arbitrary<object>): fc.Arbitrary<Op[]> {
  return fc
    .array(fc.tuple(place, anyRest), { maxLength: 8 })
    .map((pairs) => numbered(pairs.map(([where, rest]) => ({ ...where, ...rest }) as Op)));
}

const unit = { type: fc.constant('unit' as const), seq: time, time, priority: small };
const heartbeat = { type: fc.constant('heartbeat' as const), seq: time, time, priority: small, received: time };
const anyOldHeartbeat = fc.record(heartbeat);
const outcasts = fc.array(fc.record({ site: text, received: time, inForce: fc.boolean() }), { maxLength: 3 });
const heartbeats = [anyOldHeartbeat, fc.record({ ...heartbeat, cut: time })] as const;
const led = [
  fc.record({ ...heartbeat, lead: small }),
  fc.record({ ...heartbeat, cut: time.map((cut) => Math.max(1, cut)), lead: small }),
] as const;
const anyHeartbeat = fc.oneof(
  ...heartbeats,
  ...led,
  fc.record({ ...heartbeat, seen: covers }),
  fc.record({ ...heartbeat, cut: time, seen: covers }),
  fc.record({ ...heartbeat, lead: small, seen: covers }),
  fc.record({ ...heartbeat, out: outcasts }),
  fc.record({
    ...heartbeat,
    cut: time.map((cut) => Math.max(1, cut)),
    lead: small.map((lead) => lead + 1),
    out: outcasts,
    seen: covers,
  }),
);
const relay = fc.record({ origin: text, first: small, last: small, body: bytes });
const ops = opsOf(fc.oneof({ weight: 20, arbitrary: fc.oneof(anyOldRest, anyNewRest) }, untold, toldAgain));
const oldOps = opsOf(fc.oneof(anyOldRest, anyNewRest));
const requiredKeys = ['type', 'seq', 'time', 'priority', 'ops'] as const;
const isJoined = fc.constant(true as const);

/** Units of every type of op, some joined to what follows, and heartbeats. */
export const anyEntry: fc.Arbitrary<Entry> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ ...unit, ops, joined: isJoined, seen: covers }, { requiredKeys: [...requiredKeys] }),
  },
  fc.record({ ...unit, ops: fc.constant([]), relay }),
  anyHeartbeat,
);

/** What schema 2 could say. */
export const anyOldEntry: fc.Arbitrary<Entry> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ ...unit, ops: oldOps, joined: isJoined }, { requiredKeys: [...requiredKeys] }) },
  ...heartbeats,
);
