/** Strings, numbers in strings, and their expiry as far as it is set by these commands. */
import type { Rows } from '../row.ts';

export const stringRows: Rows = {
  set: {
    weight: 25,
    make: (d) => [
      ...(d.random.chance(0.3) ? [d.key('n'), d.integer()] : [d.key('s'), d.value()]),
      ...d.maybe(0.2, d.one('NX', 'XX')),
      ...d.maybe(0.15, 'GET'),
      ...(d.random.chance(0.1) ? ['KEEPTTL'] : d.random.chance(0.25) ? d.expiryOption() : []),
    ],
  },
  setex: {
    weight: 5,
    loose: true,
    make: (d) => [d.key('s'), String(Math.ceil(d.lifetime() / 1000)), d.value()],
  },
  psetex: { weight: 5, loose: true, make: (d) => [d.key('s'), String(d.lifetime()), d.value()] },
  setnx: { make: (d) => [d.key('s'), d.value()] },
  getset: { make: (d) => [d.key('s'), d.value()] },
  mset: { weight: 6, make: (d) => d.flat(1, 5, () => [d.key('s'), d.value()]) },
  msetnx: { weight: 6, make: (d) => d.flat(1, 2, () => [d.key('s'), d.value()]) },
  getdel: { weight: 6, make: (d) => [d.key('s')] },
  getex: {
    weight: 6,
    make: (d) => [d.key('s'), ...(d.random.chance(0.3) ? ['PERSIST'] : d.random.chance(0.8) ? d.expiryOption() : [])],
  },
  append: { make: (d) => [d.key(d.random.chance(0.1) ? 'n' : 's'), d.value()] },
  setrange: {
    make: (d) => [d.key('s'), String(d.random.integer(0, d.random.chance(0.05) ? 3000 : 40)), d.value()],
  },
  incr: { make: (d) => [d.key('n')] },
  decr: { make: (d) => [d.key('n')] },
  incrby: { make: (d) => [d.key('n'), d.integer()] },
  decrby: { make: (d) => [d.key('n'), d.integer()] },
  incrbyfloat: { weight: 5, make: (d) => [d.key('n'), d.float()] },
};

/** Bits in strings. */
export const bitRows: Rows = {
  setbit: { weight: 20, make: (d) => [d.key('b'), String(d.random.integer(0, 200)), d.one('0', '1')] },
  bitfield: {
    weight: 15,
    make: (d) => [
      d.key('b'),
      ...d.flat(1, 3, () => [
        // Not FAIL: where it refuses, Redis 7.0 makes or lengthens the string all the same, and tells no replica.
        ...d.maybe(0.3, 'OVERFLOW', d.one('WRAP', 'SAT')),
        ...d.random.pick([
          ['SET', d.one('u8', 'i16', 'u4'), d.one('#3', '17', '0'), String(d.random.integer(0, 300))],
          ['INCRBY', d.one('i5', 'u16', 'i64'), d.one('#1', '100'), String(d.random.integer(-30, 30))],
          ['GET', 'u8', '0'],
        ]),
      ]),
    ],
  },
  bitop: {
    make: (d) => {
      const operation = d.one('AND', 'OR', 'XOR', 'NOT');
      return [operation, d.key('b'), ...(operation === 'NOT' ? [d.key('b')] : d.keys('b', 1, 3))];
    },
  },
};

/** HyperLogLogs. PFCOUNT is no write by its flags, and yet it is replicated: it caches what it found. */
export const hllRows: Rows = {
  pfadd: { weight: 30, make: (d) => [d.key('p'), ...d.times(0, 12, () => `e${d.random.integer(0, 5000)}`)] },
  pfmerge: { make: (d) => [d.key('p'), ...d.keys('p', 0, 3)] },
  pfcount: { weight: 6, make: (d) => d.keys('p', 1, 2) },
};
