/** Strings by comparison, and several at once with an expiry: Redis 8.4 and later, Valkey 8.1 and 9. */
import type { Rows } from '../row.ts';

/** Redis tells the newer of its comparisons by their digests. */
const digest = '0123456789abcdef';

export const newerStringRows: Rows = {
  'set (ifeq)': {
    ...{ words: ['SET'], weight: 5, probe: ['SET', 'probe', 'v', 'IFEQ', 'w'] },
    make: (d) => [
      ...[d.key('n'), d.integer(), 'IFEQ', String(d.random.integer(0, 3))],
      ...d.maybe(0.15, 'GET'),
      ...(d.random.chance(0.1) ? ['KEEPTTL'] : d.random.chance(0.25) ? d.expiryOption() : []),
    ],
  },
  'set (ifne)': {
    ...{ words: ['SET'], weight: 3, probe: ['SET', 'probe', 'v', 'IFDNE', digest] },
    make: (d) => [
      ...[d.key('n'), d.integer()],
      ...(d.random.chance(0.5) ? ['IFNE', String(d.random.integer(0, 3))] : [d.one('IFDEQ', 'IFDNE'), digest]),
      ...d.maybe(0.25, ...d.expiryOption()),
    ],
  },
  delifeq: { weight: 4, make: (d) => [d.key('n'), String(d.random.integer(0, 3))] },
  delex: {
    weight: 4,
    make: (d) => [d.key('n'), ...d.maybe(0.85, d.one('IFEQ', 'IFNE'), String(d.random.integer(0, 3)))],
  },
  msetex: {
    weight: 6,
    make: (d) => {
      const count = d.random.integer(1, 4);
      return [
        String(count),
        ...d.flat(count, count, () => [d.key('s'), d.value()]),
        ...d.maybe(0.2, d.one('NX', 'XX')),
        ...(d.random.chance(0.1) ? ['KEEPTTL'] : d.random.chance(0.5) ? d.expiryOption() : []),
      ];
    },
  },
};

export const newerBitRows: Rows = {
  'bitop (diff)': {
    ...{ words: ['BITOP'], weight: 4, probe: ['BITOP', 'DIFF', 'probe', 'probe', 'probe'] },
    make: (d) => [d.one('DIFF', 'DIFF1', 'ANDOR', 'ONE'), d.key('b'), ...d.times(2, 3, () => d.key('b'))],
  },
};
