/** Lists, also with commands that wait for an element. */
import type { Draw } from '../draw.ts';
import type { Rows, Words } from '../row.ts';

export const listRows: Rows = {
  rpush: { weight: 25, make: (d) => [d.key('l'), ...d.times(1, d.batch(6), () => item(d))] },
  lpush: { weight: 20, make: (d) => [d.key('l'), ...d.times(1, 6, () => item(d))] },
  rpushx: { weight: 6, make: (d) => [d.key('l'), item(d)] },
  lpushx: { weight: 6, make: (d) => [d.key('l'), ...d.times(1, 3, () => item(d))] },
  lpop: { make: (d) => [d.key('l'), ...d.maybe(0.4, String(d.random.integer(0, 4)))] },
  rpop: { make: (d) => [d.key('l'), ...d.maybe(0.4, String(d.random.integer(0, 4)))] },
  lset: { make: (d) => [d.key('l'), d.place(), item(d)] },
  lrem: { make: (d) => [d.key('l'), String(d.random.integer(-3, 3)), item(d)] },
  ltrim: { weight: 5, make: (d) => [d.key('l'), String(d.random.integer(-12, 3)), String(d.random.integer(-3, 15))] },
  linsert: { make: (d) => [d.key('l'), d.one('BEFORE', 'AFTER'), item(d), item(d)] },
  lmove: { make: (d) => [d.key('l'), d.key('l'), side(d), side(d)] },
  rpoplpush: { weight: 6, make: (d) => [d.key('l'), d.key('l')] },
  lmpop: { weight: 6, make: (d) => popOf(d) },
  blpop: { weight: 5, noScript: true, make: (d) => waitFor(d), waits: (d) => waitFor(d) },
  brpop: { weight: 5, noScript: true, make: (d) => waitFor(d), waits: (d) => waitFor(d) },
  blmpop: { weight: 5, make: (d) => [d.timeout(), ...popOf(d)], waits: (d) => [d.timeout(), ...popOf(d)] },
  blmove: {
    weight: 5,
    noScript: true,
    make: (d) => [d.key('l'), d.key('l'), side(d), side(d), d.timeout()],
    waits: (d) => [d.key('l'), d.key('l'), side(d), side(d), d.timeout()],
  },
  brpoplpush: {
    weight: 5,
    noScript: true,
    make: (d) => [d.key('l'), d.key('l'), d.timeout()],
    waits: (d) => [d.key('l'), d.key('l'), d.timeout()],
  },
};

/** From a few that come again, so that LREM and LINSERT find them; or any value. */
function item(d: Draw): string {
  return d.random.chance(0.5) ? `i${d.random.integer(0, 9)}` : d.value();
}

function side(d: Draw): string {
  return d.one('LEFT', 'RIGHT');
}

function popOf(d: Draw): Words {
  const keys = d.keys('l', 1, 3);
  return [String(keys.length), ...keys, side(d), ...d.maybe(0.5, 'COUNT', d.count())];
}

function waitFor(d: Draw): Words {
  return [...d.keys('l', 1, 3), d.timeout()];
}
