/**
 * One seed of the race: writers at every site on few keys, faults, then rest; and what must hold afterwards.
 *
 * Checked: all sites hold the same keys, types, elements and expiries (G1); counters that are only ever incremented hold
 * exactly the sum of all increments (G4); no shard halted.
 */
import { type RaceSite, RaceWorld, type Random } from './race-world.ts';

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
  readonly crashes: number;
  readonly keys: number;
  readonly window: number;
}

/** A small, fast, seeded generator (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Runs one seed. */
export async function runRace(options: RaceOptions): Promise<RaceResult> {
  const random = seeded(options.seed);
  const world = new RaceWorld(random, options.sites);
  for (const site of world.sites) {
    site.skewMs = Math.floor(random() * 2000) - 1000;
    site.start();
  }
  await world.quiesce();
  world.faulty = options.faults;
  const totals = new Map<string, bigint>();
  let crashes = 0;
  for (let i = 0; i < options.writes; i++) {
    const site = world.sites[Math.floor(random() * world.sites.length)]!;
    write(site, random, totals, world.now, options.expiries ?? true);
    for (let steps = Math.floor(random() * 12); steps > 0; steps--) await world.step();
    if (random() < 0.05) await world.advance(Math.floor(random() * 1500));
    else world.now += 1;
    if (options.faults && random() < 0.01) {
      crashes++;
      site.crash();
      for (let steps = Math.floor(random() * 30); steps > 0; steps--) await world.step();
      site.start();
    }
    if (options.faults && random() < 0.02) await breakLink(world, random);
  }
  world.faulty = false;
  await world.quiesce();
  return check(world, totals, crashes);
}

async function breakLink(world: RaceWorld, random: Random): Promise<void> {
  const [a, b] = [world.sites[0]!.name, world.sites[1 + Math.floor(random() * (world.sites.length - 1))]!.name];
  world.network.cut(a, b);
  const heal = (): void => world.network.heal(a, b);
  for (let steps = Math.floor(random() * 40); steps > 0; steps--) await world.step();
  heal();
}

function check(world: RaceWorld, totals: ReadonlyMap<string, bigint>, crashes: number): RaceResult {
  const differences: string[] = [];
  const dumps = world.sites.map((site) => site.redis.dump());
  const keys = new Set(dumps.flatMap((dump) => [...dump.keys()]));
  for (const key of keys) {
    const held = dumps.map((dump) => dump.get(key) ?? 'absent');
    if (new Set(held).size > 1)
      differences.push(`${key}: ${held.map((text, i) => `${world.sites[i]!.name}=${text}`).join('  ')}`);
  }
  for (const [key, total] of totals) {
    const held = dumps[0]!.get(`0 ${key}`);
    if (held !== `string ${total} ttl -1`) differences.push(`counter ${key} is ${held}, not ${total}`);
  }
  for (const site of world.sites) differences.push(...site.halts.map((halt) => `${site.name} ${halt}`));
  const statuses = world.sites.map((site) => site.status());
  const sum = (pick: (status: (typeof statuses)[0]) => Readonly<Record<string, number>>): number =>
    statuses.reduce((all, status) => all + Object.values(pick(status)).reduce((a, b) => a + b, 0), 0);
  return {
    differences,
    crashes,
    keys: keys.size,
    corrections: sum((status) => status.corrections),
    conflicts: sum((status) => status.conflicts),
    window: statuses.reduce((all, status) => all + status.window.keys, 0),
  };
}

const expiryWords: ReadonlySet<string> = new Set(['PXAT', 'PEXPIREAT', 'PERSIST', 'KEEPTTL']);

/** One local unit. */
function write(site: RaceSite, random: Random, totals: Map<string, bigint>, now: number, expiries: boolean): void {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const key = pick(['k1', 'k2', 'k3']);
  const field = pick(['f', 'g']);
  const small = String(Math.floor(random() * 5));
  const later = String(now + 100_000 + Math.floor(random() * 100_000));
  const commands: string[][] = [];
  const count = random() < 0.2 ? 2 + Math.floor(random() * 2) : 1;
  for (let i = 0; i < count; i++) {
    const roll = random();
    if (roll < 0.15) {
      const counter = pick(['c1', 'c2']);
      const by = Math.floor(random() * 9) - 3;
      totals.set(counter, (totals.get(counter) ?? 0n) + BigInt(by));
      commands.push(['INCRBY', counter, String(by)]);
    } else {
      const command = anyCommand(pick, key, field, small, later, roll);
      if (expiries || !command.some((word) => expiryWords.has(word))) commands.push(command);
    }
  }
  site.redis.execute(random() < 0.1 ? 1 : 0, commands.some(([, name]) => name!.startsWith('c')) ? [] : commands);
  if (commands.some(([, name]) => name!.startsWith('c'))) site.redis.execute(0, commands);
}

function anyCommand(
  pick: <T>(from: readonly T[]) => T,
  key: string,
  field: string,
  small: string,
  later: string,
  roll: number,
): string[] {
  if (roll < 0.2) return ['DEL', key];
  if (roll < 0.25) return ['SET', key, pick(['x', small, small]), 'PXAT', later];
  if (roll < 0.35) return ['SET', key, pick(['x', 'y', small, small])];
  if (roll < 0.38) return ['SET', key, small, 'KEEPTTL'];
  if (roll < 0.5) return ['INCRBY', key, small];
  if (roll < 0.55) return ['PEXPIREAT', key, later];
  if (roll < 0.58) return ['PERSIST', key];
  if (roll < 0.64) return ['HSET', `h${key}`, field, pick(['x', small])];
  if (roll < 0.68) return ['HDEL', `h${key}`, field];
  if (roll < 0.74) return ['HINCRBY', `h${key}`, field, small];
  if (roll < 0.76) return ['DEL', `h${key}`];
  if (roll < 0.8) return ['SADD', pick([`s${key}`, key]), field];
  if (roll < 0.84) return ['SREM', `s${key}`, field];
  if (roll < 0.88) return ['ZADD', `z${key}`, small, field];
  if (roll < 0.92) return ['ZINCRBY', `z${key}`, small, field];
  if (roll < 0.95) return ['ZREM', `z${key}`, field];
  return ['HSET', key, field, small];
}
