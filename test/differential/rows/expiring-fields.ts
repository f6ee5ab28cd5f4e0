/** Fields of hashes that expire by themselves: Redis 7.4 and later, Valkey 9. */
import type { Draw } from '../draw.ts';
import type { Rows, Words } from '../row.ts';

export const expiringFieldRows: Rows = {
  hexpire: {
    weight: 4,
    loose: true,
    make: (d) => [d.key('h'), String(Math.max(0, Math.ceil(d.lifetime() / 1000))), ...condition(d), ...named(d)],
  },
  hpexpire: {
    weight: 4,
    loose: true,
    make: (d) => [d.key('h'), String(Math.max(0, d.lifetime())), ...condition(d), ...named(d)],
  },
  hexpireat: {
    weight: 4,
    make: (d) => [d.key('h'), String(Math.ceil(d.expiryAt() / 1000)), ...condition(d), ...named(d)],
  },
  hpexpireat: { weight: 8, make: (d) => [d.key('h'), String(d.expiryAt()), ...condition(d), ...named(d)] },
  hpersist: { weight: 6, make: (d) => [d.key('h'), ...named(d)] },
  hgetex: {
    weight: 6,
    make: (d) => [
      d.key('h'),
      ...(d.random.chance(0.3) ? ['PERSIST'] : d.random.chance(0.8) ? d.expiryOption() : []),
      ...named(d),
    ],
  },
  hsetex: {
    weight: 8,
    make: (d) => {
      const fields = distinct(d);
      return [
        d.key('h'),
        ...d.maybe(0.2, d.one('FNX', 'FXX')),
        ...(d.random.chance(0.2) ? ['KEEPTTL'] : d.random.chance(0.8) ? d.expiryOption() : []),
        ...['FIELDS', String(fields.length)],
        ...fields.flatMap((field) => [field, d.value()]),
      ];
    },
  },
  hgetdel: { weight: 6, make: (d) => [d.key('h'), ...named(d)] },
};

function named(d: Draw): Words {
  const fields = distinct(d);
  return ['FIELDS', String(fields.length), ...fields];
}

/** Redis 8.6 ends with a failed assertion when HSETEX names a field twice. */
function distinct(d: Draw): Words {
  return [...new Set(d.times(1, 4, () => d.field()))];
}

function condition(d: Draw): Words {
  return d.maybe(0.3, d.one('NX', 'XX', 'GT', 'LT'));
}
