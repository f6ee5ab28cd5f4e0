/** Commands for keys of any content: deleting, moving, copying, sorting, expiring; and for whole databases. */
import type { Draw } from '../draw.ts';
import type { Rows, Words } from '../row.ts';

export const keyRows: Rows = {
  del: { weight: 10, make: (d) => d.times(1, 3, () => d.anyKey()) },
  unlink: { weight: 6, make: (d) => d.times(1, 3, () => d.anyKey()) },
  rename: { make: (d) => d.alike(2) },
  renamenx: { weight: 6, make: (d) => d.alike(2) },
  copy: { make: (d) => [...d.alike(2), ...d.maybe(0.3, 'DB', String(d.db())), ...d.maybe(0.5, 'REPLACE')] },
  move: { weight: 6, make: (d) => [d.anyKey(), String(d.db())] },
  restore: {
    make: (d) => {
      const kind = d.anyKind();
      const key = kind === 'g' ? d.pureKey(kind) : d.key(kind);
      return [key, ...restored(d, d.payload(kind))];
    },
  },
  sort: {
    make: (d) => [
      d.key(d.random.pick(['l', 'm', 'z'])),
      ...d.maybe(0.2, 'LIMIT', '1', '5'),
      ...d.maybe(d.determinate ? 0 : 0.2, 'BY', d.one('nosort', `${d.options.prefix}:*`)),
      ...d.maybe(0.1, 'GET', '#'),
      ...d.maybe(0.4, 'DESC'),
      ...d.maybe(0.75, 'ALPHA'),
      ...['STORE', d.key('l')],
    ],
  },
};

function restored(d: Draw, payload: string): Words {
  const lifetime = d.random.chance(0.6)
    ? ['0', payload]
    : d.random.chance(0.5) || d.determinate
      ? [String(d.expiryAt()), payload, 'ABSTTL']
      : [String(Math.max(1, d.lifetime())), payload];
  return [...lifetime, ...d.maybe(0.75, 'REPLACE'), ...d.maybe(0.1, 'IDLETIME', '10'), ...d.maybe(0.1, 'FREQ', '3')];
}

/** A time that no double holds. */
const never = '9223372036854770123';

export const expiryRows: Rows = {
  expire: { loose: true, make: (d) => [d.anyKey(), String(Math.ceil(d.lifetime() / 1000)), ...condition(d)] },
  pexpire: { loose: true, make: (d) => [d.anyKey(), String(d.lifetime()), ...condition(d)] },
  expireat: { make: (d) => [d.anyKey(), String(Math.ceil(d.expiryAt() / 1000)), ...condition(d)] },
  pexpireat: {
    weight: 15,
    make: (d) => [d.anyKey(), d.random.chance(0.03) ? never : String(d.expiryAt()), ...condition(d)],
  },
  persist: { make: (d) => [d.anyKey()] },
};

function condition(d: Draw): Words {
  return d.maybe(0.4, d.one('NX', 'XX', 'GT', 'LT'));
}

/** Rare: each of them ends the history of many keys. */
export const flushRows: Rows = {
  flushdb: { weight: 1.5, make: (d) => d.maybe(0.5, d.one('SYNC', 'ASYNC')) },
  flushall: { weight: 0.5, make: (d) => d.maybe(0.5, d.one('SYNC', 'ASYNC')) },
  swapdb: { weight: 1.5, make: (d) => (d.options.flushAll ? [String(d.db()), String(d.db())] : ['1', '2']) },
};
