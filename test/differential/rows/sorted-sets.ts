/** Sorted sets, and places on the globe, which are sorted sets too. */
import type { Draw } from '../draw.ts';
import type { Rows, Words } from '../row.ts';

export const sortedSetRows: Rows = {
  zadd: {
    weight: 30,
    make: (d) =>
      d.random.chance(0.12)
        ? equalScores(d)
        : [
            d.key('z'),
            ...d.random.pick<Words>([[], [], [], ['NX'], ['XX'], ['GT'], ['LT'], ['XX', 'GT'], ['XX', 'LT']]),
            ...d.maybe(0.2, 'CH'),
            ...(d.random.chance(0.1)
              ? ['INCR', d.score(), d.member()]
              : d.flat(1, d.batch(5), () => [d.score(), d.member()])),
          ],
  },
  zincrby: { weight: 15, make: (d) => [d.key('z'), d.score(), d.member()] },
  zrem: { weight: 15, make: (d) => [d.random.chance(0.1) ? d.lexKey() : d.key('z'), ...d.members(1, 4)] },
  zremrangebyscore: { weight: 6, make: (d) => [d.key('z'), d.scoreBound(), d.scoreBound()] },
  zremrangebylex: { weight: 6, make: (d) => [d.lexKey(), d.lexBound(), d.lexBound()] },
  zremrangebyrank: { weight: 6, make: (d) => [d.key('z'), d.place(), d.place()] },
  zpopmin: { weight: 6, make: (d) => [d.key('z'), ...d.maybe(0.5, d.count())] },
  zpopmax: { weight: 6, make: (d) => [d.key('z'), ...d.maybe(0.5, d.count())] },
  zmpop: { weight: 6, make: (d) => popOf(d) },
  bzpopmin: { weight: 4, noScript: true, make: (d) => waitFor(d), waits: (d) => waitFor(d) },
  bzpopmax: { weight: 4, noScript: true, make: (d) => waitFor(d), waits: (d) => waitFor(d) },
  bzmpop: { weight: 4, make: (d) => [d.timeout(), ...popOf(d)], waits: (d) => [d.timeout(), ...popOf(d)] },
  zunionstore: { weight: 5, make: (d) => [d.key('z'), ...sources(d), ...weighing(d)] },
  zinterstore: { weight: 6, make: (d) => [d.key('z'), ...sources(d), ...weighing(d)] },
  zdiffstore: { weight: 6, make: (d) => [d.key('z'), ...sources(d)] },
  zrangestore: {
    make: (d) =>
      d.random.chance(0.35) ? [d.lexKey(), d.lexKey(), ...lexRange(d)] : [d.key('z'), d.key('z'), ...rangeOf(d)],
  },
};

/** Weighing is drawn for two sources, as `sources` gives. */
function sources(d: Draw): Words {
  return ['2', d.key('z'), d.random.chance(0.2) ? d.key('m') : d.key('z')];
}

function weighing(d: Draw): Words {
  return [
    ...d.maybe(0.3, 'WEIGHTS', d.one('2', '0.5'), d.one('1', '-1', 'inf')),
    ...d.maybe(0.4, 'AGGREGATE', d.one('SUM', 'MIN', 'MAX')),
  ];
}

function rangeOf(d: Draw): Words {
  const reverse = d.maybe(0.3, 'REV');
  if (d.random.chance(0.5)) return [d.place(), d.place(), ...reverse];
  return [d.scoreBound(), d.scoreBound(), 'BYSCORE', ...reverse, ...limit(d)];
}

function lexRange(d: Draw): Words {
  return [d.lexBound(), d.lexBound(), 'BYLEX', ...d.maybe(0.3, 'REV'), ...limit(d)];
}

function limit(d: Draw): Words {
  return d.maybe(0.4, 'LIMIT', String(d.random.integer(0, 3)), d.one('-1', '5', '2'));
}

/** Ranges by name need equal scores. */
function equalScores(d: Draw): Words {
  return [d.lexKey(), ...d.maybe(0.2, 'NX'), ...d.flat(1, d.batch(6), () => ['0', d.member()])];
}

function popOf(d: Draw): Words {
  const keys = d.keys('z', 1, 3);
  return [String(keys.length), ...keys, d.one('MIN', 'MAX'), ...d.maybe(0.5, 'COUNT', d.count())];
}

function waitFor(d: Draw): Words {
  return [...d.keys('z', 1, 3), d.timeout()];
}

export const geoRows: Rows = {
  geoadd: {
    weight: 25,
    make: (d) => [
      d.key('g'),
      ...d.maybe(0.3, d.one('NX', 'XX')),
      ...d.maybe(0.3, 'CH'),
      ...d.flat(1, 4, () => [longitude(d), latitude(d), d.member()]),
    ],
  },
  geosearchstore: {
    make: (d) => [
      d.key('g'),
      d.pureKey('g'),
      ...(d.random.chance(0.5) ? ['FROMLONLAT', longitude(d), latitude(d)] : ['FROMMEMBER', d.member()]),
      ...(d.random.chance(0.5) ? ['BYRADIUS', '500', 'km'] : ['BYBOX', '900', '600', 'km']),
      ...d.maybe(0.3, d.one('ASC', 'DESC')),
      ...d.maybe(0.3, 'COUNT', d.count(6)),
      ...d.maybe(0.4, 'STOREDIST'),
    ],
  },
  georadius: {
    make: (d) => [d.pureKey('g'), longitude(d), latitude(d), '600', 'km', ...d.maybe(0.3, 'COUNT', '3'), ...stored(d)],
  },
  georadiusbymember: { make: (d) => [d.pureKey('g'), d.member(), '600', 'km', ...stored(d)] },
};

function longitude(d: Draw): string {
  return (10 + d.random.integer(0, 600) / 100).toFixed(4);
}

function latitude(d: Draw): string {
  return (45 + d.random.integer(0, 400) / 100).toFixed(4);
}

function stored(d: Draw): Words {
  return d.maybe(0.85, d.one('STORE', 'STOREDIST'), d.key('g'));
}
