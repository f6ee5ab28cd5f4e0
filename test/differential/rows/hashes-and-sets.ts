/** Hashes and sets. */
import type { Rows } from '../row.ts';

export const hashRows: Rows = {
  hset: { weight: 25, make: (d) => [d.key('h'), ...d.flat(1, d.batch(6), () => [d.field(), d.value()])] },
  hmset: { make: (d) => [d.key('h'), ...d.flat(1, 3, () => [d.field(), d.value()])] },
  hsetnx: { make: (d) => [d.key('h'), d.field(), d.value()] },
  hdel: { weight: 20, make: (d) => [d.key('h'), ...d.times(1, 5, () => d.field())] },
  hincrby: { weight: 15, make: (d) => [d.key('h'), `n${d.random.integer(0, 3)}`, d.integer()] },
  hincrbyfloat: { make: (d) => [d.key('h'), `n${d.random.integer(0, 5)}`, d.float()] },
};

export const setRows: Rows = {
  sadd: { weight: 30, make: (d) => [d.key('m'), ...d.members(1, d.batch(8))] },
  srem: { weight: 15, make: (d) => [d.key('m'), ...d.members(1, 6)] },
  spop: { weight: 8, loose: true, make: (d) => [d.key('m'), ...d.maybe(0.5, String(d.random.integer(0, 8)))] },
  smove: { weight: 15, make: (d) => [d.key('m'), d.key('m'), d.member()] },
  sinterstore: { make: (d) => [d.key('m'), ...d.keys('m', 1, 3)] },
  sunionstore: { weight: 6, make: (d) => [d.key('m'), ...d.keys('m', 1, 3)] },
  sdiffstore: { make: (d) => [d.key('m'), ...d.keys('m', 1, 3)] },
};
