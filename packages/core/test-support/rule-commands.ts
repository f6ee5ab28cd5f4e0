/** Commands by the merge rule they are subject to, on few keys, so that everything meets everything. */
import fc from 'fast-check';
import { epoch } from '../src/clock/hybrid-clock.ts';
import type { UserCommand } from './mesh.ts';

type Args = fc.Arbitrary<string[]>;

const is = fc.constant;
const integer = fc.integer({ min: -3, max: 9 }).map(String);
const value = fc.oneof(integer, fc.constantFrom('a', '', '\xff\x00'));
const field = fc.constantFrom('f', 'g', 'h');
/** Times that come while a history runs. */
const soon = fc.constantFrom(1100, 1300, 1700, 2500).map((ms) => String(epoch + ms));
const score = fc.constantFrom('1', '2', '3', '-inf', '2.5');
const offset = fc.constantFrom('0', '3', '7', '9');
const scoreLimits = fc.constantFrom(['-inf', '2'], ['(1', '+inf'], ['2', '2'], ['1', '(3']);
const lexLimits = fc.constantFrom(['-', '[f'], ['(f', '+'], ['[g', '[g'], ['[f', '(h']);

type Keys = fc.Arbitrary<string>;
const one: Keys = is('k');
const two: Keys = fc.constantFrom('k', 'l');

const del = (key: Keys): Args => fc.tuple(is('DEL'), key);
const assign = (key: Keys): Args => fc.tuple(is('SET'), key, value);
const assignNumber = (key: Keys): Args => fc.tuple(is('SET'), key, integer);
const expiring = (key: Keys): Args => fc.tuple(is('SET'), key, value, is('PXAT'), soon);
const keeping = (key: Keys): Args => fc.tuple(is('SET'), key, value, is('KEEPTTL'));
const increment = (key: Keys): Args => fc.tuple(fc.constantFrom('INCRBY', 'DECRBY'), key, integer);
const hash = (key: Keys): Args => fc.oneof(fc.tuple(is('HSET'), key, field, value), fc.tuple(is('HDEL'), key, field));
const hashIncrement = (key: Keys): Args => fc.tuple(is('HINCRBY'), key, field, integer);
const set = (key: Keys): Args => fc.tuple(fc.constantFrom('SADD', 'SADD', 'SREM'), key, field);
const zset = (key: Keys): Args => fc.oneof(fc.tuple(is('ZADD'), key, score, field), fc.tuple(is('ZREM'), key, field));
const zsetIncrement = (key: Keys): Args => fc.tuple(is('ZINCRBY'), key, integer, field);
const ranges = (key: Keys): Args =>
  fc.oneof(
    fc.tuple(key, scoreLimits).map(([name, limits]) => ['ZREMRANGEBYSCORE', name, ...limits]),
    fc.tuple(key, lexLimits).map(([name, limits]) => ['ZREMRANGEBYLEX', name, ...limits]),
  );
const bit = (key: Keys): Args => fc.tuple(is('SETBIT'), key, offset, fc.constantFrom('0', '1'));
const sketch = (key: Keys): Args =>
  fc.oneof(fc.tuple(is('PFADD'), key, field), fc.tuple(is('PFADD'), key, field, field), fc.tuple(is('PFADD'), key));
const expiry = (key: Keys): Args => fc.oneof(fc.tuple(is('PEXPIREAT'), key, soon), fc.tuple(is('PERSIST'), key));
const copies: Args = fc.tuple(fc.constantFrom('RENAME', 'COPY'), two, two);
const flushes: Args = fc.constantFrom(['FLUSHDB'], ['FLUSHDB'], ['FLUSHALL']);

const plain = (key: Keys): Args =>
  fc.oneof(assign(key), increment(key), hash(key), hashIncrement(key), set(key), zset(key), zsetIncrement(key));
const kinds = (key: Keys): Args => fc.oneof(plain(key), plain(key), del(key));
const kindsWithBits = (key: Keys): Args => fc.oneof(assign(key), hash(key), set(key), zset(key), bit(key), del(key));

/** The rules, as the contract names them, and the commands that are subject to them. */
export const rules: readonly (readonly [rule: string, args: Args])[] = [
  ['SET, GETSET, MSET, SETEX: newest wins', fc.oneof(assign(two), expiring(two), keeping(two))],
  ['INCR and DECR: base and sums', fc.oneof(increment(two), increment(two), assignNumber(two), del(two))],
  ['HINCRBY: base and sums', fc.oneof(hashIncrement(one), hashIncrement(one), hash(one), del(one))],
  ['ZINCRBY by integers: base and sums', fc.oneof(zsetIncrement(one), zsetIncrement(one), zset(one), del(one))],
  ['HSET and HDEL: newest wins per field', fc.oneof(hash(one), hash(one), hash(one), del(one))],
  ['SADD, SREM, SPOP: newest wins per member', fc.oneof(set(one), set(one), set(one), del(one))],
  ['ZADD and ZREM: newest wins per member', fc.oneof(zset(one), zset(one), zset(one), del(one))],
  [
    'ZREMRANGEBYSCORE and BYLEX: kill what is older',
    fc.oneof(zset(one), zset(one), ranges(one), ranges(one), del(one)),
  ],
  ['ZREMRANGEBYSCORE and BYLEX: among increments', fc.oneof(zset(one), zsetIncrement(one), ranges(one))],
  ['SETBIT: newest wins per bit', fc.oneof(bit(one), bit(one), bit(one), assign(one), del(one))],
  ['PFADD: commutes, dead below the root', fc.oneof(sketch(one), sketch(one), sketch(one), del(one))],
  ['EXPIRE and PERSIST: newest wins', fc.oneof(expiring(one), keeping(one), expiry(one), expiry(one), assign(one))],
  ['expiries: what a site had seen ends', fc.oneof(hash(one), set(two), expiry(two), expiring(two), increment(two))],
  ['DEL and UNLINK: a newer write survives', fc.oneof(plain(two), plain(two), del(two))],
  [
    'RENAME and COPY: state of the keys',
    fc.oneof(assign(two), hash(two), set(two), zset(two), copies, copies, del(two)),
  ],
  ['FLUSHDB and FLUSHALL: what is newer survives', fc.oneof(plain(two), plain(two), plain(two), flushes)],
  ['kinds: the newest wins', kinds(one)],
  ['kinds: the newest wins, bits among them', kindsWithBits(one)],
];

/** Commands in two databases. */
export const inDbs = (args: Args): fc.Arbitrary<UserCommand> => fc.record({ db: fc.constantFrom(0, 0, 0, 1), args });

/** Commands of every rule but those run one upon the other. */
export const anyMergedCommand: fc.Arbitrary<UserCommand> = inDbs(
  fc.oneof(kinds(two), kinds(two), kindsWithBits(is('b')), sketch(is('p')), ranges(one), expiry(two), copies, flushes),
);

const lists = (key: Keys): Args =>
  fc.oneof(fc.tuple(fc.constantFrom('RPUSH', 'LPUSH'), key, value), fc.tuple(fc.constantFrom('LPOP', 'RPOP'), key));
const appended = (key: Keys): Args =>
  fc.oneof(fc.tuple(is('APPEND'), key, value), fc.tuple(is('SETRANGE'), key, fc.constantFrom('0', '2'), value));
const pops = (key: Keys): Args => fc.tuple(fc.constantFrom('ZPOPMIN', 'ZPOPMAX'), key);

/** Commands of every kind, those run one upon the other among them. */
export const anyMixedCommand: fc.Arbitrary<UserCommand> = fc.oneof(
  fc.record({ db: is(0), args: fc.oneof(kinds(two), kinds(two), copies) }),
  fc.record({ db: is(0), args: fc.oneof({ weight: 30, arbitrary: del(two) }, flushes) }),
  fc.record({ db: is(0), args: fc.oneof(lists(is('m')), lists(is('m')), assign(is('m')), del(is('m'))) }),
  fc.record({ db: is(0), args: fc.oneof(appended(is('a')), assign(is('a')), del(is('a')), set(is('a'))) }),
  fc.record({ db: is(0), args: fc.oneof(zset(is('z')), zset(is('z')), pops(is('z')), del(is('z'))) }),
  fc.record({ db: is(1), args: fc.oneof(kindsWithBits(two), ranges(two), sketch(is('p')), fc.constant(['FLUSHDB'])) }),
);

/** Commands on all parts of strings: numbers, bits, sketches, what is appended; another kind among them. */
export const anyStringCommand: fc.Arbitrary<UserCommand> = fc.record({
  db: is(0),
  args: fc.oneof(
    ...[increment(two), increment(two), bit(two), bit(two), sketch(two), appended(two)],
    ...[assignNumber(two), expiring(two), set(two), del(two)],
  ),
});

/** Commands of every kind on one key. */
export const onKey = (key: string): fc.Arbitrary<UserCommand> =>
  fc.record({
    db: is(0),
    args: fc.oneof(assign(is(key)), hash(is(key)), set(is(key)), zset(is(key)), del(is(key)), lists(is(key))),
  });

/** Commands that only add; `?` stands for an element that nobody else adds. */
export const anyAdd: fc.Arbitrary<UserCommand> = fc
  .constantFrom(
    ['SADD', 's', '?'],
    ['HSET', 'h', '?', 'v'],
    ['ZADD', 'z', '1', '?'],
    ['RPUSH', 'l', '?'],
    ['LPUSH', 'l', '?'],
  )
  .map((args) => ({ db: 0, args }));
