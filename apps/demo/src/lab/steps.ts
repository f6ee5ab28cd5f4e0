/**
 * The commands of the mixed workload, as a table: what is written, how often, to which kind of key.
 *
 * Only commands that this version translates. Keys keep to one type by their name's first letter; sets, hashes and
 * sorted sets never get an expiry. Counters are keys of their own, in database 0, and nothing else touches them.
 */
import type { Random } from './random.ts';

export type Command = readonly [name: string, ...args: (string | number | Buffer)[]];

/** One thing to do: usually one command. `counter` says what it adds to a counter whose total must come out exactly. */
export interface Step {
  readonly commands: readonly Command[];
  readonly counter?: { readonly key: string; readonly by: number };
}

/** What a step is made from. */
export interface Draw {
  readonly random: Random;
  /** Names a key: `kind` is the type's letter; the writer's own or, for a share of the draws, one that all sites write. */
  key(kind: 's' | 'h' | 'm' | 'z' | 'x' | 'k' | 'c'): string;
  value(): string | Buffer;
}

interface Kind {
  readonly weight: number;
  readonly make: (draw: Draw) => Step;
}

const second = 1000;
const hour = 3_600_000;

/** `expiring`: strings with a TTL have keys of their own, so that others never vanish by themselves. */
export const stepTable: Readonly<Record<string, Kind>> = {
  set: { weight: 12, make: (d) => one('SET', d.key('s'), d.value()) },
  mset: { weight: 2, make: (d) => one('MSET', d.key('s'), d.value(), d.key('s'), d.value(), d.key('s'), d.value()) },
  setnx: { weight: 2, make: (d) => one('SETNX', d.key('s'), d.value()) },
  getset: { weight: 2, make: (d) => one('GETSET', d.key('s'), d.value()) },
  getdel: { weight: 2, make: (d) => one('GETDEL', d.key('s')) },
  del: { weight: 3, make: (d) => one('DEL', d.key('s'), d.key('s')) },
  unlink: { weight: 2, make: (d) => one('UNLINK', d.key(d.random.pick(['s', 'h', 'm', 'z']))) },

  hset: { weight: 8, make: (d) => one('HSET', d.key('h'), field(d), d.value(), field(d), d.value()) },
  hmset: { weight: 2, make: (d) => one('HMSET', d.key('h'), field(d), d.value()) },
  hdel: { weight: 4, make: (d) => one('HDEL', d.key('h'), field(d), field(d)) },
  hincrby: {
    weight: 4,
    make: (d) => one('HINCRBY', d.key('h'), `n${d.random.integer(0, 3)}`, d.random.integer(-5, 9)),
  },

  sadd: { weight: 8, make: (d) => one('SADD', d.key('m'), member(d), member(d)) },
  srem: { weight: 4, make: (d) => one('SREM', d.key('m'), member(d)) },
  spop: { weight: 2, make: (d) => one('SPOP', d.key('m')) },
  smove: { weight: 2, make: (d) => one('SMOVE', d.key('m'), d.key('m'), member(d)) },

  zadd: { weight: 8, make: (d) => one('ZADD', d.key('z'), score(d), member(d), score(d), member(d)) },
  zrem: { weight: 4, make: (d) => one('ZREM', d.key('z'), member(d)) },
  zincrby: { weight: 4, make: (d) => one('ZINCRBY', d.key('z'), d.random.integer(-5, 9), member(d)) },

  setpx: { weight: 3, make: (d) => one('SET', d.key('x'), d.value(), 'PX', lifetime(d)) },
  setex: { weight: 2, make: (d) => one('SETEX', d.key('x'), Math.ceil(lifetime(d) / second), d.value()) },
  expire: { weight: 2, make: (d) => one('EXPIRE', d.key('x'), Math.ceil(lifetime(d) / second)) },
  pexpireat: { weight: 2, make: (d) => one('PEXPIREAT', d.key('x'), Date.now() + lifetime(d)) },
  persist: { weight: 2, make: (d) => one('PERSIST', d.key('x')) },
  setplain: { weight: 2, make: (d) => one('SET', d.key('x'), d.value()) },

  incr: { weight: 4, make: (d) => counting(d.key('c'), 'INCR', 1) },
  decr: { weight: 2, make: (d) => counting(d.key('c'), 'DECR', -1) },
  incrby: { weight: 4, make: (d) => counting(d.key('c'), 'INCRBY', d.random.integer(1, 1000)) },

  changeKind: { weight: 3, make: (d) => ({ commands: [['DEL', d.key('k')], anyKind(d)] }) },
};

/** Draws one step by the table's weights. */
export function drawStep(draw: Draw, kinds: readonly Kind[] = Object.values(stepTable)): Step {
  const total = kinds.reduce((sum, kind) => sum + kind.weight, 0);
  let place = draw.random.next() * total;
  for (const kind of kinds) {
    place -= kind.weight;
    if (place < 0) return kind.make(draw);
  }
  throw new Error('the weights do not add up');
}

function one(...command: Command): Step {
  return { commands: [command] };
}

function counting(key: string, name: 'INCR' | 'DECR' | 'INCRBY', by: number): Step {
  return { commands: [name === 'INCRBY' ? [name, key, by] : [name, key]], counter: { key, by } };
}

/** A write to a key whose type changes now and then; it may meet another type, which Redis then refuses. */
function anyKind(draw: Draw): Command {
  const key = draw.key('k');
  const kinds: readonly Command[] = [
    ['SET', key, draw.value()],
    ['HSET', key, field(draw), draw.value()],
    ['SADD', key, member(draw)],
    ['ZADD', key, score(draw), member(draw)],
  ];
  return draw.random.pick(kinds);
}

function field(draw: Draw): string {
  return `f${draw.random.integer(0, 11)}`;
}

function member(draw: Draw): string {
  return `m${draw.random.integer(0, 19)}`;
}

function score(draw: Draw): number {
  return draw.random.integer(-100, 100);
}

/** Half of the keys expire during the run, half long after it. */
function lifetime(draw: Draw): number {
  return draw.random.chance(0.5) ? draw.random.integer(100, 4 * second) : hour + draw.random.integer(0, hour);
}
