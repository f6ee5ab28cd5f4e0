/**
 * One seed of the race: writers at every site on few keys, faults, then rest; and what must hold afterwards.
 *
 * Checked: all sites hold the same keys, types, elements and expiries (G1); counters that are only ever incremented hold
 * exactly the sum of all increments (G4); no shard halted. What only the comparison between sites has put right is counted.
 */
import type { Random } from '../../apps/demo/src/lab/index.ts';
import { contentOf } from './sim-run.ts';
import type { SimSite } from './sim-site.ts';
import { SimWorld } from './sim-world.ts';

/** What a run is made of. */
export interface RaceOptions {
  readonly seed: number;
  readonly sites: number;
  readonly writes: number;
  readonly faults: boolean;
  /** Whether expiries are set and taken away. @defaultValue true */
  readonly expiries?: boolean;
}

/** What a run found. */
export interface RaceResult {
  readonly differences: readonly string[];
  readonly corrections: number;
  readonly conflicts: number;
  /** Keys that merging had left unequal. */
  readonly repairs: number;
  readonly crashes: number;
  readonly keys: number;
}

/** Runs one seed. @throws Restless when the world does not come to rest */
export async function runRace({ seed, sites, writes, faults, expiries = true }: RaceOptions): Promise<RaceResult> {
  const world = new SimWorld({ seed, sites, without: new Set(['more']) });
  const { random, scheduler, situations } = world;
  for (const site of world.sites) {
    site.skewMs = random.integer(-1000, 999);
    site.start();
  }
  await world.rest();
  const totals = new Map<string, bigint>();
  for (let i = 0; i < writes; i++) {
    const site = random.pick(world.sites);
    write(site, random, totals, scheduler.now, expiries);
    await steps(world, 11);
    await scheduler.advance(random.chance(0.05) ? random.integer(0, 1499) : 1);
    if (faults) await goWrong(world, site);
  }
  await world.rest();
  for (const site of world.sites) site.tell();
  const counted = (kind: string): number =>
    [...situations.counts].reduce((sum, [name, times]) => sum + (isOf(kind, name) ? times : 0), 0);
  return {
    ...check(world, totals),
    corrections: counted('correction'),
    conflicts: counted('conflict'),
    repairs: situations.counts.get('correction repair') ?? 0,
    crashes: situations.counts.get('crash') ?? 0,
  };
}

/** Whether a situation is what shards count; comparisons correct nothing, and `by difference` is how some corrections are made. */
function isOf(kind: string, situation: string): boolean {
  return situation.startsWith(`${kind} `) && !/ (?:check|by difference)$/.test(situation);
}

/** Up to so many things happen. */
async function steps({ random, scheduler }: SimWorld, most: number): Promise<void> {
  for (let left = random.integer(0, most); left > 0; left--) await scheduler.step();
}

/** Perhaps, answers are lost while their calls arrive, a process is lost, a link breaks. */
async function goWrong(world: SimWorld, site: SimSite): Promise<void> {
  const { random, network, situations } = world;
  if (random.chance(0.02)) site.break('target');
  if (random.chance(0.02) && site.target !== undefined) site.target.answersToLose++;
  if (random.chance(0.01)) {
    situations.note('crash');
    site.crash();
    await steps(world, 29);
    site.start();
  }
  if (random.chance(0.02)) {
    const other = random.pick(world.sites.filter((one) => one !== site));
    network.cut(site.name, other.name);
    await steps(world, 39);
    network.heal(site.name, other.name);
  }
}

function check(world: SimWorld, totals: ReadonlyMap<string, bigint>): Pick<RaceResult, 'differences' | 'keys'> {
  const differences: string[] = [];
  const contents = world.sites.map(({ redis }) => contentOf(redis));
  const keys = new Set(contents.flatMap((content) => [...content.keys()]));
  for (const key of keys) {
    const held = contents.map((content) => content.get(key) ?? 'absent');
    if (new Set(held).size > 1)
      differences.push(`${key}: ${held.map((text, place) => `${world.sites[place]!.name}=${text}`).join('  ')}`);
  }
  for (const [key, total] of totals) {
    for (const { name, redis } of world.sites) {
      const stored = redis.keyspace.db(0).get(key);
      if (stored?.value.type === 'string' && stored.value.text === String(total) && stored.expireAt === -1) continue;
      differences.push(`counter ${key} at ${name} is ${JSON.stringify(stored)}, not ${total}`);
    }
  }
  for (const site of world.sites) differences.push(...site.halts.map((halt) => `${site.name} ${halt}`));
  return { differences, keys: keys.size };
}

const expiryWords: ReadonlySet<string> = new Set(['PXAT', 'PEXPIREAT', 'PERSIST', 'KEEPTTL']);

/** One local unit. */
function write(site: SimSite, random: Random, totals: Map<string, bigint>, now: number, expiries: boolean): void {
  const commands: string[][] = [];
  const count = random.chance(0.2) ? random.integer(2, 3) : 1;
  let isCounting = false;
  for (let i = 0; i < count; i++) {
    const roll = random.next();
    if (roll < 0.15) {
      const counter = random.pick(['c1', 'c2']);
      const by = random.integer(-3, 5);
      totals.set(counter, (totals.get(counter) ?? 0n) + BigInt(by));
      commands.push(['INCRBY', counter, String(by)]);
      isCounting = true;
    } else {
      const command = anyCommand(random, now, roll);
      if (expiries || !command.some((word) => expiryWords.has(word))) commands.push(command);
    }
  }
  const isElsewhere = random.chance(0.1) && !isCounting;
  const { redis, client } = site;
  redis.execute(client, ['SELECT', isElsewhere ? '1' : '0']);
  for (const words of count === 1 ? commands : [['MULTI'], ...commands, ['EXEC']]) redis.execute(client, words);
}

function anyCommand(random: Random, now: number, roll: number): string[] {
  const key = random.pick(['k1', 'k2', 'k3']);
  const field = random.pick(['f', 'g']);
  const small = String(random.integer(0, 4));
  const later = String(Math.floor(now) + 100_000 + random.integer(0, 99_999));
  if (roll < 0.2) return ['DEL', key];
  if (roll < 0.25) return ['SET', key, random.pick(['x', small, small]), 'PXAT', later];
  if (roll < 0.35) return ['SET', key, random.pick(['x', 'y', small, small])];
  if (roll < 0.38) return ['SET', key, small, 'KEEPTTL'];
  if (roll < 0.5) return ['INCRBY', key, small];
  if (roll < 0.55) return ['PEXPIREAT', key, later];
  if (roll < 0.58) return ['PERSIST', key];
  if (roll < 0.64) return ['HSET', `h${key}`, field, random.pick(['x', small])];
  if (roll < 0.68) return ['HDEL', `h${key}`, field];
  if (roll < 0.74) return ['HINCRBY', `h${key}`, field, small];
  if (roll < 0.76) return ['DEL', `h${key}`];
  if (roll < 0.8) return ['SADD', random.pick([`s${key}`, key]), field];
  if (roll < 0.84) return ['SREM', `s${key}`, field];
  if (roll < 0.88) return ['ZADD', `z${key}`, small, field];
  if (roll < 0.92) return ['ZINCRBY', `z${key}`, small, field];
  if (roll < 0.95) return ['ZREM', `z${key}`, field];
  return ['HSET', key, field, small];
}
