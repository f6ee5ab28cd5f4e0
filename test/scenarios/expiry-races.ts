/**
 * Keys of every type whose expiries are of the length of the way between sites: written, given an expiry, renewed, emptied
 * and made anew around the moment at which they expire everywhere. One site writes each key, or (every other run) three do.
 * The sites end equal.
 */
import { pause, Random } from '../../apps/demo/src/lab/index.ts';
import { compareSettled } from '../differential/differences.ts';
import { endLaboratory, type Laboratory, laboratory } from '../differential/laboratory.ts';
import { lingeringMs } from '../differential/lingering.ts';
import { RawConnection } from '../differential/raw-connection.ts';
import type { Words } from '../differential/row.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';

const keysInARun = 250;
/** How long sites that differ are looked at again, ms. */
const patienceMs = 3_000;

const key = 'KEY';
/** An expiry of about the time that a write takes to the other sites. */
const soon = 'SOON';

/** A hit of a rate limiter: the first of a window says when that ends. */
const hit = "local n = redis.call('INCR', KEYS[1]) redis.call('PEXPIRE', KEYS[1], ARGV[1], 'NX') return n";

const writes: Readonly<Record<string, readonly Words[]>> = {
  string: [
    ['SET', key, 'v'],
    ['APPEND', key, 'x'],
    ['SETRANGE', key, '2', 'yy'],
    ['SETBIT', key, '3', '1'],
    ['SET', key, '5', 'PX', soon],
    ['SET', key, 'lock', 'NX', 'PX', soon],
  ],
  limiter: [
    ['EVAL', hit, '1', key, soon],
    ['EVAL', hit, '1', key, '100000'],
  ],
  counter: [
    ['INCR', key],
    ['INCRBY', key, '5'],
  ],
  sketch: [
    ['PFADD', key, 'a', 'b'],
    ['PFADD', key, 'c'],
    ['PFADD', key, 'd'],
  ],
  hash: [
    ['HSET', key, 'f', '1'],
    ['HINCRBY', key, 'g', '2'],
    ['HDEL', key, 'f'],
    ['HSET', key, 'h', 'z'],
  ],
  set: [
    ['SADD', key, 'a', 'b'],
    ['SADD', key, 'c'],
    ['SREM', key, 'a'],
  ],
  zset: [
    ['ZADD', key, '1', 'a'],
    ['ZINCRBY', key, '2', 'b'],
    ['ZREM', key, 'a'],
    ['ZADD', key, '3', 'c'],
    ['ZPOPMIN', key],
  ],
  list: [
    ['RPUSH', key, 'a', 'b'],
    ['LPUSH', key, 'c'],
    ['LPOP', key],
    ['RPUSH', key, 'd'],
  ],
  stream: [
    ['XADD', key, '*', 'f', 'v'],
    ['XADD', key, '*', 'g', 'w'],
    ['XTRIM', key, 'MAXLEN', '1'],
  ],
};
const types = Object.keys(writes);

/** What is done about expiries, as often as it stands here. */
const lifetimes: readonly Words[] = [
  ['PEXPIRE', key, soon],
  ['PERSIST', key],
  ['PERSIST', key],
  ['PEXPIRE', key, '100000'],
  ['DEL', key],
];

export const expiryRaces: Scenario = {
  name: 'expiry-races',
  title: 'keys of every type that expire, are renewed and are made anew within milliseconds: sites equal',
  ciRuns: 2,
  fullRuns: 100,
  narrowing: {
    type: `one of ${types.join(', ')}`,
    writers: 'one or three sites that write a key, instead of turns by the seed',
  },
  run,
  end: endLaboratory,
};

async function run({ seed, narrowed, log }: RunContext): Promise<Figures> {
  const lab = await laboratory();
  const several = narrowed.writers === undefined ? seed % 2 === 1 : narrowed.writers === 'three';
  const only = narrowed.type;
  if (only !== undefined && !types.includes(only)) throw new Error(`no such type: ${only}`);
  try {
    const figures = await play(lab, seed, several, only === undefined ? types : [only]);
    return { writers: several ? 3 : 1, ...figures };
  } catch (error) {
    log((error as Error).message);
    await endLaboratory();
    throw error;
  }
}

async function play({ mesh }: Laboratory, seed: number, several: boolean, among: readonly string[]): Promise<Figures> {
  const random = new Random(seed);
  const names = mesh.sites.map(({ name }) => name);
  const connections = new Map<string, RawConnection>();
  for (const { name, master } of mesh.sites) connections.set(name, await RawConnection.open(master.port));
  const started = performance.now();
  const trails = new Map<string, string[]>();

  const live = async (place: number): Promise<void> => {
    const type = random.pick(among);
    const name = `r${seed}:${type}:${place}`;
    const home = random.pick(names);
    const plan = Array.from({ length: random.integer(4, 9) }, () => ({
      site: several && random.chance(0.4) ? random.pick(names) : home,
      words: random.pick(random.chance(0.45) ? lifetimes : writes[type]!),
      soonMs: random.integer(5, 60),
      waitMs: random.chance(0.5) ? 0 : random.integer(0, 50),
    }));
    const trail: string[] = [];
    trails.set(name, trail);
    await pause(random.integer(0, 300));
    for (const { site, words, soonMs, waitMs } of plan) {
      const command = words.map((word) => (word === key ? name : word === soon ? String(soonMs) : word));
      const reply = await connections.get(site)!.call(...command);
      const at = Math.round(performance.now() - started);
      trail.push(`  ${at} ms, ${site}: ${command.join(' ')} -> ${reply instanceof Error ? reply.message : reply}`);
      if (waitMs > 0) await pause(waitMs);
    }
  };

  await Promise.all(Array.from({ length: keysInARun }, (_, place) => live(place)));
  for (const connection of connections.values()) connection.close();
  const comparison = await compareSettled(mesh.sites, patienceMs);
  const { keys, differing, keysThatDiffer } = comparison;
  if (differing === 0) return { keys, commands: [...trails.values()].flat().length };
  const told = keysThatDiffer.slice(0, 3).flatMap((one) => [...one.lines, ...(trails.get(one.key) ?? [])]);
  const servers = mesh.sites.map(({ master }) => master);
  const lingering = await lingeringMs(comparison, servers);
  const howLong = lingering === undefined ? '' : `, for another ${lingering} ms`;
  throw new Error(`${differing} of ${keys} keys differ${howLong}\n${told.join('\n')}`);
}
