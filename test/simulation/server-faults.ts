/**
 * What becomes of servers: they evict keys, fail over to a replica, start again. In some worlds, and from a chance of their own, as
 * in `more-faults.ts`.
 *
 * What the shard cannot follow without a recovery is left out: a candidate has all that was read, its backlog reaches back to where
 * that was committed, and one failover is committed before the next; a server that starts again has been read, and that is committed. Where streams are read from the replica, it
 * has all that was read, whatever it lacks; then writes are lost that nobody but the former master had.
 */
import { Random } from '../../apps/demo/src/lab/index.ts';
import type { Evictions } from './evictions.ts';
import type { SimSite } from './sim-site.ts';
import type { SimWorld } from './sim-world.ts';

interface ServerFault {
  readonly name: string;
  /** @returns whether there was something to go wrong */
  begin(faults: ServerFaults, site: SimSite): boolean;
}

/** Worlds of one in so many have it. */
const [worldsToEvictions, worldsToReplicas] = [4, 4];
/** Keys that are evicted at once, at most; and how long a lost replica is missed, in milliseconds, at most. */
const [mostEvicted, mostMissedMs] = [4, 1000];

const kinds: readonly ServerFault[] = [
  {
    name: 'eviction',
    begin: (faults, site) => faults.evictions !== undefined && evictSome(faults, site),
  },
  {
    name: 'failover',
    begin: (_faults, site) => {
      if (!site.servers.mayFollow(site.committed)) return false;
      site.changeServer((servers) => servers.changePlaces());
      return true;
    },
  },
  {
    name: 'lost-master',
    begin: (faults, site) => {
      if (!site.servers.mayFollow(site.committed)) return false;
      const { end } = site.redis.log;
      site.changeServer((servers) => servers.promote(!site.isOnReplica));
      if (site.redis.log.end < end) faults.noteLost();
      faults.later(() => site.servers.addReplica());
      return true;
    },
  },
  {
    name: 'server-restart',
    begin: (faults, site) => {
      if (!faults.hasReplicas || !isAtEnd(site)) return false;
      const hadReplica = site.servers.hasReplica;
      site.servers.save();
      site.changeServer((servers) => servers.restart('saved'));
      if (hadReplica) faults.later(() => site.servers.addReplica());
      return true;
    },
  },
];

/** The faults of one world's servers. */
export class ServerFaults {
  readonly #world: SimWorld;
  readonly #random: Random;
  readonly #without: ReadonlySet<string>;
  readonly #rate: number;
  readonly #evicts: boolean;
  readonly #isVolatile: boolean;
  readonly hasReplicas: boolean;
  #later: { readonly at: number; readonly run: () => void }[] = [];
  /** There in worlds with evictions. */
  readonly evictions: Evictions | undefined;
  /** Whether writes were lost that applications had been told to be done. */
  hasLost = false;

  /** Before sites are started: it gives them their replicas. */
  constructor(
    world: SimWorld,
    evictions: Evictions,
    { seed, asked }: { readonly seed: number; readonly asked: readonly string[] },
    without: ReadonlySet<string>,
  ) {
    const random = new Random(seed ^ 0x5e4e4);
    this.#world = world;
    this.#random = random;
    this.#without = without;
    const isOff = without.has('more') || without.has('servers');
    this.#evicts = !isOff && (random.integer(1, worldsToEvictions) === 1 || asked.includes('eviction'));
    this.evictions = this.#evicts ? evictions : undefined;
    this.#isVolatile = random.chance(0.5);
    this.hasReplicas = !isOff && (random.integer(1, worldsToReplicas) === 1 || asked.includes('failover'));
    this.#rate = random.pick([0.02, 0.05, 0.1]);
    if (!this.hasReplicas) return;
    const readsReplica = random.chance(0.5);
    for (const { servers } of world.sites) {
      if (!random.chance(0.7)) continue;
      servers.addReplica();
      servers.readsReplica = readsReplica;
    }
  }

  /** Something may happen to a server. */
  strike(): void {
    if (!this.#evicts && !this.hasReplicas) return;
    this.#doLater(this.#world.scheduler.now);
    if (!this.#random.chance(this.#rate)) return;
    const fault = this.#random.pick(kinds);
    const site = this.#random.pick(this.#world.sites);
    if (!this.#without.has(fault.name) && fault.begin(this, site)) this.#world.situations.note(fault.name);
  }

  /** What is to follow follows. */
  end(): void {
    this.#doLater(Number.POSITIVE_INFINITY);
  }

  /** Some time later. */
  later(run: () => void): void {
    this.#later.push({ at: this.#world.scheduler.now + this.#random.integer(1, mostMissedMs), run });
  }

  noteLost(): void {
    this.hasLost = true;
    this.#world.situations.note('writes lost with a master');
  }

  /** Some keys that may be evicted. */
  pickKeys({ redis }: SimSite): readonly { readonly db: number; readonly key: string }[] {
    const all = [...redis.keyspace].filter(({ stored }) => !this.#isVolatile || stored.expireAt >= 0);
    const count = Math.min(all.length, this.#random.integer(1, mostEvicted));
    return Array.from({ length: count }, () => this.#random.pick(all));
  }

  #doLater(now: number): void {
    const due = this.#later.filter(({ at }) => at <= now);
    this.#later = this.#later.filter(({ at }) => at > now);
    for (const { run } of due) run();
  }
}

/** Whether all that its server has written is read and committed. */
function isAtEnd({ committed, redis }: SimSite): boolean {
  const { replicationId, end } = redis.log;
  return committed?.replicationId === replicationId && committed.offset === end;
}

function evictSome(faults: ServerFaults, site: SimSite): boolean {
  const keys = faults.pickKeys(site);
  for (const { db, key } of keys) faults.evictions?.evict(site, db, key);
  return keys.length > 0;
}

/** What `--with` takes for these: in every world. */
export const askedServerFaults: readonly string[] = ['eviction', 'failover'];

/** Names that `--without` takes for these. */
export const serverFaultNames: readonly string[] = [...kinds.map(({ name }) => name), 'servers'];
