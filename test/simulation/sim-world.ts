/** A simulated world: sites, the network between them, and the scheduler that all of it moves by. */
import type { EngineLimits, ShardOptions } from '@entwine/engine';
import { type MemoryNetwork, memoryNetwork } from '@entwine/testkit';
import { Random } from '../../apps/demo/src/lab/index.ts';
import { smallBuffers, smallWindow } from './more-faults.ts';
import { Lane, Scheduler } from './scheduler.ts';
import { SimSite } from './sim-site.ts';
import { Situations } from './situations.ts';

/** How a world is made. */
export interface WorldOptions {
  readonly seed: number;
  readonly sites: number;
  /** Names of faults that don't occur. */
  readonly without: ReadonlySet<string>;
  /** Names of what occurs in every world. */
  readonly asked?: readonly string[];
  readonly trouble?: { readonly error?: Error };
  /** How its shards are made, beside what is usual. */
  readonly shard?: Pick<Partial<ShardOptions>, 'eviction'>;
}

/** Unix milliseconds at which worlds begin. */
export const beginning = 1_900_000_000_000;

/** A world at work for so many rounds without rest is stuck; so is one that takes so many steps (usual are some thousands). */
const [mostRounds, mostSteps] = [400, 100_000];
/** How many rounds nothing must happen in for a world to be at rest, and how long each lasts, in milliseconds. */
const quietRounds = 6;
const roundMs = 500;

export class SimWorld {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly network: MemoryNetwork;
  readonly situations: Situations = new Situations();
  /** What is delivered more than once, for a while. */
  readonly repeats: Set<'batches'> = new Set();
  readonly sites: readonly SimSite[];
  readonly limits: Partial<EngineLimits>;
  readonly shard: WorldOptions['shard'];
  readonly #names: readonly string[];
  readonly #links = new Map<string, Lane>();

  constructor({ seed, sites, without, asked, trouble, shard }: WorldOptions) {
    this.shard = shard;
    this.random = new Random(seed);
    this.scheduler = new Scheduler(() => this.random.next(), beginning, trouble);
    this.limits = {
      ...{ maxBatchOps: this.random.integer(1, 12), maxInFlight: this.random.integer(1, 8) },
      ...(without.has('more') || without.has('small-buffers') ? {} : smallBuffers(seed)),
      ...(without.has('more') || without.has('spill') ? {} : smallWindow(seed, asked?.includes('spill') === true)),
    };
    const repeating = new Random(seed ^ 0xd0b1e);
    this.network = memoryNetwork({
      schedule: (step, { from, to }) => this.link(from, to).push(step),
      maxBatchBytes: this.random.integer(64, 2000),
      repeat: (_route, again) => this.#repeat(repeating, again),
      replaces: true,
    });
    this.#names = Array.from({ length: sites }, (_, place) => 'abcde'[place]!);
    this.sites = this.#names.map((name, place) => new SimSite(this, name, place + 1));
  }

  /** What travels from one site to another. */
  link(from: string, to: string): Lane {
    const name = `${from} ${to}`;
    let lane = this.#links.get(name);
    if (lane === undefined) {
      lane = this.scheduler.add(new Lane(2));
      this.#links.set(name, lane);
    }
    return lane;
  }

  /** Perhaps a batch comes again: at once, or some time later, perhaps with what was written behind it. */
  #repeat(random: Random, again: (longer: boolean) => void): void {
    if (!this.repeats.has('batches') || !random.chance(0.5)) return;
    const lane = this.scheduler.add(new Lane(1));
    lane.heldUntil = random.chance(0.5) ? 0 : this.scheduler.now + random.integer(1, 1500);
    const longer = random.chance(0.3);
    lane.push(() => {
      this.scheduler.remove(lane);
      this.situations.note('batch repeated');
      again(longer);
    });
  }

  peersOf(name: string): { readonly site: string; readonly priority: number }[] {
    return this.#names.flatMap((site, place) => (site === name ? [] : [{ site, priority: place + 1 }]));
  }

  /**
   * Everything happens that can, time passing, until nothing is left to do.
   * @param quietFor - rounds in which nothing must have happened
   * @param isOver - ends it before
   * @throws when it never ends
   */
  async rest(quietFor: number = quietRounds, isOver: () => boolean = () => false): Promise<void> {
    const most = this.scheduler.steps + mostSteps;
    const work = async (): Promise<void> => {
      while (!isOver() && (await this.scheduler.step()))
        if (this.scheduler.steps > most) throw new Restless(this.sites.filter((site) => !site.isGone));
    };
    for (let quiet = 0, rounds = 0; quiet < quietFor && !isOver(); rounds++) {
      if (rounds > mostRounds) throw new Restless(this.sites.filter((site) => !site.isGone));
      await work();
      for (const site of this.sites) {
        site.settleRivals();
        site.redis.expireSome();
      }
      await work();
      quiet = this.sites.every((site) => site.isGone || site.isIdle) ? quiet + 1 : 0;
      await this.scheduler.advance(roundMs);
    }
  }
}

/** The world does not come to rest: a fault of liveness, not of safety. */
export class Restless extends Error {
  constructor(sites: readonly SimSite[]) {
    const told = sites.map((site) => `${site.name} ${JSON.stringify(site.status().pending)} ${site.halts}`);
    super(`the world does not come to rest: ${told.join('; ')}`);
  }
}
