/**
 * One seed: writers at every site, faults, then rest; and what must hold afterwards.
 *
 * Writers send what the differential scenario sends: random streams of every write command that the Redis model knows.
 * Checked: all sites hold the same keys, types, elements and expiries (G1); what only ever is added to holds every addition
 * once, sums are exact (G2, G4); no shard has stopped.
 */
import type { ModelReply, ModelValue, RedisModel } from '@entwine/testkit';
import { Random } from '../../apps/demo/src/lab/index.ts';
import { streamElements } from '../../apps/demo/src/lab/stream-elements.ts';
import { commandStream, type Step } from '../differential/command-stream.ts';
import type { Payloads } from '../differential/draw.ts';
import { Dues } from '../differential/dues.ts';
import type { Group, Words } from '../differential/row.ts';
import { modelledGroups, unknownGenerators } from '../redis-model/random-commands.ts';
import { Departure } from './departure.ts';
import { absent, Evictions } from './evictions.ts';
import { Faults } from './faults.ts';
import { Limiters, type Tell } from './limiters.ts';
import { MoreFaults } from './more-faults.ts';
import { isSelected, type Selection } from './selection.ts';
import { ServerFaults } from './server-faults.ts';
import type { SimSite } from './sim-site.ts';
import { beginning, SimWorld } from './sim-world.ts';

/** How far the apply script moves an expiry that has passed, in milliseconds. */
const expiryGraceMs = 60_000;

/** What a run is made of. */
export interface SimOptions extends Selection {
  readonly seed: number;
  readonly sites: number;
  /** Commands of all sites together, about. */
  readonly writes: number;
  /** Chosen by the seed when left out. */
  readonly groups?: readonly Group[];
  readonly faults?: boolean;
  /** Names of faults that don't occur; `servers`: all those of `server-faults.ts`; `more`: these, and all of `more-faults.ts`. */
  readonly without?: readonly string[];
  /** Faults that occur in every world: `rival`, `rival-copy`, `eviction`, `failover`. */
  readonly asked?: readonly string[];
  /** At how many sites applications write. @defaultValue all */
  readonly writers?: number;
  /** Whether there are rate limiters and locks beside the rest; chosen by the seed when left out. */
  readonly limiters?: boolean;
  /** Once it holds an error, the world ends with it. */
  readonly trouble?: { readonly error?: Error };
  /** Told every command that a site executes, with its reply. @param at - milliseconds from the beginning. */
  readonly onCommand?: (site: string, db: number, words: Words, reply: ModelReply, at: number) => void;
}

/** What a run found. */
export interface SimResult {
  readonly wrong: readonly string[];
  readonly groups: readonly Group[];
  /** How often each has occurred. */
  readonly situations: ReadonlyMap<string, number>;
  readonly keys: number;
  readonly steps: number;
}

/** Commands that write nothing themselves. */
const isFrame = /^(?:MULTI|EXEC|DISCARD|WATCH|UNWATCH|SELECT)$/;
/** What the model has no command for, and what needs a server's own payloads. */
const unmodelled: ReadonlySet<string> = new Set([...unknownGenerators, 'restore']);
const noPayloads: Payloads = {
  keys: { s: [], n: [], h: [], m: [], z: [], l: [], x: [], b: [], p: [], g: [] },
  functions: ['', ''],
};

/** Runs one seed. @throws Restless when the world does not come to rest */
export async function simulate(options: SimOptions): Promise<SimResult> {
  const without: ReadonlySet<string> = new Set([
    ...(options.without ?? []),
    ...(options.faults === false ? ['more'] : []),
  ]);
  const world = new SimWorld({ ...options, without });
  const { random, scheduler } = world;
  const groups = options.groups ?? drawGroups(world);
  const evictions = new Evictions();
  const servers = new ServerFaults(world, evictions, { asked: [], ...options }, without);
  const flushAll = groups.includes('flush') && random.chance(0.3);
  for (const site of world.sites) {
    site.skewMs = random.integer(-1000, 1000);
    site.start();
  }
  // Nothing has been written: one quiet round is enough. Seeds of old were found with more.
  await (without.has('more') ? world.rest() : world.rest(1));
  const faults = new Faults(world, options.faults === false ? 0 : random.pick([0, 0.02, 0.05]), without);
  const more = new MoreFaults(world, faults, { asked: [], ...options }, without);
  const departure = new Departure(
    world,
    options,
    options.asked?.includes('out') === true,
    without.has('more') || without.has('out'),
  );
  const dues = new Dues();
  const limiters = limitersOf(options, flushAll);
  const tell: Tell = (site, ...command) => {
    evictions.executed(world.sites.find(({ name }) => name === site)!, command[1]);
    options.onCommand?.(site, ...command, scheduler.now - beginning);
  };
  const writing = world.sites.slice(0, options.writers);
  const writers = writing.map((site) => ({
    site,
    steps: commandStream({
      ...{
        seed: options.seed * 8 + site.priority,
        site: site.name,
        prefix: 'p',
        now: beginning,
        groups,
        without: unmodelled,
      },
      ...{ determinate: false, flushAll, payloads: noPayloads, commands: Math.ceil(options.writes / writing.length) },
      withDues: !flushAll,
    }),
    next: 0,
  }));
  let number = 0;
  for (
    let busy = [...writers];
    busy.length > 0;
    busy = busy.filter(({ site, steps, next }) => next < steps.length && !site.isGone)
  ) {
    const writer = random.pick(busy);
    const step = writer.steps[writer.next++]!;
    if (isSelected(options, ++number, step)) play(world, writer.site, step, dues, tell);
    limiters?.use(writer.site, tell);
    for (let steps = random.integer(0, 12); steps > 0; steps--) await scheduler.step();
    await scheduler.advance(random.chance(0.05) ? random.integer(0, 1500) : random.integer(0, 4));
    if (random.chance(0.1)) random.pick(world.sites).redis.expireSome(random.integer(1, 5));
    faults.strike();
    more.strike();
    departure.strike();
    servers.strike();
  }
  faults.end();
  servers.end();
  // What is about to expire does so at all sites.
  for (const site of world.sites) site.setClock();
  const notOut = await departure.finish();
  await world.rest();
  const looked = { dues: servers.hasLost ? undefined : dues, evictions, faults, limiters };
  let found = check(world, looked);
  if (found.wrong.length > 0) {
    // What expired while it was on its way lives on for up to the grace.
    await scheduler.advance(2 * expiryGraceMs);
    await world.rest();
    found = check(world, looked);
    if (found.wrong.length === 0) faults.note('settled by the grace');
  }
  for (const site of world.sites) site.tell();
  if (notOut.length > 0) found = { ...found, wrong: [...notOut, ...found.wrong] };
  world.situations.note('rate limiters', limiters === undefined ? 0 : 1);
  return { ...found, groups, situations: world.situations.counts, steps: scheduler.steps };
}

/** Rate limiters and locks, in some worlds. They draw from a chance of their own, so that the rest of a world stays as it is. */
function limitersOf({ seed, limiters }: SimOptions, areFlushed: boolean): Limiters | undefined {
  const random = new Random(seed ^ 0x5eed);
  return (limiters ?? random.chance(0.3)) ? new Limiters(random, areFlushed) : undefined;
}

/** A few kinds of content, so that sites meet often. */
function drawGroups({ random }: SimWorld): Group[] {
  const content = Array.from({ length: random.integer(1, 3) }, () => random.pick(modelledGroups));
  const others = (['keys', 'expiry', 'flush'] as const).filter((group) =>
    random.chance(group === 'flush' ? 0.15 : 0.6),
  );
  return [...new Set<Group>([...content, ...others])];
}

/** A site executes one step; what it adds for good is noted once it is confirmed. */
function play(
  { situations }: SimWorld,
  site: SimSite,
  { db, commands, dues = [] }: Step,
  kept: Dues,
  tell: Tell,
): void {
  const { redis, client } = site;
  redis.execute(client, ['SELECT', String(db)]);
  let reply: ModelReply = null;
  for (const words of commands) {
    if (!isFrame.test(words[0]!)) situations.note('write');
    const at = client.db;
    reply = redis.execute(client, words);
    tell(site.name, at, words, reply);
  }
  if (reply !== null && !(typeof reply === 'object' && 'error' in reply)) for (const due of dues) kept.add(due);
}

/** What a world is looked at by. */
interface Looked {
  /** Undefined where masters were lost with what they alone had. */
  readonly dues: Dues | undefined;
  readonly evictions: Evictions;
  readonly faults: Faults;
  readonly limiters: Limiters | undefined;
}

function check(world: SimWorld, { dues, evictions, faults, limiters }: Looked): Pick<SimResult, 'wrong' | 'keys'> {
  const wrong = world.sites.flatMap((site) => site.halts.map((halt) => `${site.name} ${halt}`));
  const remaining = world.sites.filter((site) => !site.isGone);
  const contents = remaining.map(({ redis }) => contentOf(redis));
  const keys = new Set(contents.flatMap((content) => [...content.keys()]));
  for (const key of keys) {
    const held = remaining.map((site, place) => [site, contents[place]!.get(key) ?? absent] as const);
    if (new Set(evictions.comparable(key, held).map(([, text]) => text)).size <= 1) continue;
    wrong.push(`${key}: ${held.map(([{ name }, text]) => `${name} ${text}`).join(' | ')}`);
  }
  // What went with a site is missing at the others.
  for (const site of remaining.length < world.sites.length ? [] : remaining) {
    const { name, redis } = site;
    const open = limiters?.check(name, redis) ?? [];
    // What meets a flush unseen may stay without its expiry (docs/guarantees.md).
    if (limiters?.areFlushed !== true) wrong.push(...open);
    else if (open.length > 0) faults.note('limiter left open by a flush');
    const client = redis.connect();
    for (const line of dues?.checkNow((words) => plainOf(redis.execute(client, words)), name) ?? []) {
      if (evictions.mayLack(site, line, world.situations)) continue;
      // After a crash, what was added again to a list may be there twice (docs/guarantees.md).
      if (world.situations.has('crash') && /\(list\).* 2 times, once added$/.test(line))
        faults.note('added twice after a crash');
      else wrong.push(line);
    }
  }
  return { wrong, keys: keys.size };
}

/** Every key with its content and expiry as text; reserved ones left out. */
export function contentOf(redis: RedisModel): Map<string, string> {
  const found = new Map<string, string>();
  const client = redis.connect();
  for (const { db, key, stored } of redis.keyspace) {
    if (key.startsWith('entwine:{')) continue;
    const call = (...words: string[]): unknown => plainOf(redis.execute(client, words));
    call('SELECT', String(db));
    found.set(`${db} ${JSON.stringify(key)}`, `${textOf(stored.value, key, call)} until ${stored.expireAt}`);
  }
  return found;
}

/** What is data of a value, as text; elements without an order of their own are sorted. */
function textOf(value: ModelValue, key: string, call: (...words: string[]) => unknown): string {
  switch (value.type) {
    case 'string':
      return JSON.stringify(value.text);
    case 'list':
      return `list ${JSON.stringify(value.items)}`;
    case 'hash':
      return `hash ${JSON.stringify([...value.fields].sort())}`;
    case 'set':
      return `set ${JSON.stringify([...value.members].sort())}`;
    case 'zset':
      // Of equal scores, a server may show either zero.
      return `zset ${JSON.stringify([...value.scores].map(([name, score]) => [name, score + 0]).sort())}`;
    case 'stream': {
      const info = call('XINFO', 'STREAM', key, 'FULL', 'COUNT', '0') as readonly unknown[];
      return `stream ${JSON.stringify([...streamElements(info)])}`;
    }
  }
}

/** A reply as the live connections give it. */
function plainOf(reply: ModelReply): unknown {
  if (reply === null || typeof reply !== 'object') return reply;
  if ('status' in reply) return reply.status;
  if ('error' in reply) return new Error(reply.error);
  return reply.map(plainOf);
}
