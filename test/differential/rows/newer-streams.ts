/** Removing entries of streams with regard to their consumer groups: Redis 8.2 and later. */
import type { Draw } from '../draw.ts';
import type { Rows, Words } from '../row.ts';

export const newerStreamRows: Rows = {
  xdelex: {
    weight: 5,
    make: (d) => {
      const key = d.key('x');
      return [key, ...d.maybe(0.8, regard(d)), ...listed(d, key)];
    },
  },
  xackdel: {
    weight: 6,
    make: (d) => {
      const key = d.key('x');
      return [key, d.group(), ...d.maybe(0.8, regard(d)), ...listed(d, key)];
    },
  },
  'xadd (ref)': {
    ...{ words: ['XADD'], weight: 6, probe: ['XADD', 'probe', 'KEEPREF', 'MAXLEN', '5', '1-1', 'f', 'v'] },
    make: (d) => {
      const key = d.key('x');
      return [key, regard(d), 'MAXLEN', '=', String(d.random.integer(2, 20)), d.nextId(key), d.field(), d.value()];
    },
  },
  'xtrim (ref)': {
    ...{ words: ['XTRIM'], weight: 4, probe: ['XTRIM', 'probe', 'MAXLEN', '5', 'KEEPREF'] },
    make: (d) => {
      const key = d.key('x');
      const to = d.random.chance(0.5) ? ['MAXLEN', String(d.random.integer(2, 20))] : ['MINID', d.knownId(key)];
      return [key, ...to, regard(d)];
    },
  },
  'xadd (idmp)': {
    ...{ words: ['XADD'], weight: 4, loose: true, probe: ['XADD', 'probe', 'IDMP', 'p', 'i', '*', 'f', 'v'] },
    make: (d) => {
      const producer = `p${d.random.integer(0, 1)}`;
      const once = d.random.chance(0.5) ? ['IDMPAUTO', producer] : ['IDMP', producer, String(d.random.integer(0, 9))];
      return [d.key('x'), ...once, '*', d.field(), d.value()];
    },
  },
};

/** What becomes of deliveries whose entries go. */
function regard(d: Draw): string {
  return d.one('KEEPREF', 'DELREF', 'ACKED');
}

function listed(d: Draw, key: string): Words {
  const ids = d.times(1, 3, () => d.knownId(key));
  return ['IDS', String(ids.length), ...ids];
}
