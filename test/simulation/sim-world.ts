/** A simulated world: sites, the network between them, and the scheduler that all of it moves by. */
import type { EngineLimits } from '@entwine/engine';
import { type MemoryNetwork, memoryNetwork } from '@entwine/testkit';
import { Random } from '../../apps/demo/src/lab/index.ts';
import { Lane, Scheduler } from './scheduler.ts';
import { SimSite } from './sim-site.ts';

/** How a world is made. */
export interface WorldOptions {
  readonly seed: number;
  readonly sites: number;
  readonly trouble?: { readonly error?: Error };
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
  readonly sites: readonly SimSite[];
  readonly limits: Partial<EngineLimits>;
  readonly #names: readonly string[];
  readonly #links = new Map<string, Lane>();

  constructor({ seed, sites, trouble }: WorldOptions) {
    this.random = new Random(seed);
    this.scheduler = new Scheduler(() => this.random.next(), beginning, trouble);
    this.limits = { maxBatchOps: this.random.integer(1, 12), maxInFlight: this.random.integer(1, 8) };
    this.network = memoryNetwork({
      schedule: (step, { from, to }) => this.link(from, to).push(step),
      maxBatchBytes: this.random.integer(64, 2000),
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

  peersOf(name: string): { readonly site: string; readonly priority: number }[] {
    return this.#names.flatMap((site, place) => (site === name ? [] : [{ site, priority: place + 1 }]));
  }

  /** Everything happens that can, time passing, until nothing is left to do. @throws when it never ends */
  async rest(): Promise<void> {
    const most = this.scheduler.steps + mostSteps;
    const work = async (): Promise<void> => {
      while (await this.scheduler.step()) if (this.scheduler.steps > most) throw new Restless(this.sites);
    };
    for (let quiet = 0, rounds = 0; quiet < quietRounds; rounds++) {
      if (rounds > mostRounds) throw new Restless(this.sites);
      await work();
      for (const site of this.sites) site.redis.expireSome();
      await work();
      quiet = this.sites.every((site) => site.isIdle) ? quiet + 1 : 0;
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
