/** What goes wrong in a simulated world while writers write: by chance, one thing beside the other, each for a while. */
import type { SimSite } from './sim-site.ts';
import type { SimWorld } from './sim-world.ts';

/** The faults of one world. */
export class Faults {
  readonly #world: SimWorld;
  readonly #without: ReadonlySet<string>;
  readonly #rate: number;
  #passing: { readonly until: number; readonly end: () => void }[] = [];

  /** @param rate - how many faults begin at each strike, on average; at most 1. @param without - names of those that don't */
  constructor(world: SimWorld, rate: number, without: ReadonlySet<string>) {
    this.#world = world;
    this.#without = without;
    this.#rate = rate;
  }

  /** Something may go wrong, and what lasted long enough passes. */
  strike(): void {
    const { random, scheduler } = this.#world;
    const over = this.#passing.filter(({ until }) => until <= scheduler.now);
    this.#passing = this.#passing.filter(({ until }) => until > scheduler.now);
    for (const { end } of over) end();
    if (!random.chance(this.#rate)) return;
    const fault = random.pick(kinds);
    if (!this.#without.has(fault.name) && fault.begin(this, this.#world)) this.note(fault.name);
  }

  /** Everything passes. */
  end(): void {
    for (const { end } of this.#passing) end();
    this.#passing = [];
  }

  /** Counts a situation. */
  note(situation: string): void {
    this.#world.situations.note(situation);
  }

  /** Lets something last up to so many milliseconds. */
  last(ms: number, end: () => void): void {
    const { random, scheduler } = this.#world;
    this.until(scheduler.now + random.integer(1, ms), end);
  }

  /** Lets something last until then. */
  until(moment: number, end: () => void): void {
    this.#passing.push({ until: moment, end });
  }
}

interface Fault {
  readonly name: string;
  /** @returns whether there was something to go wrong */
  begin(faults: Faults, world: SimWorld): boolean;
}

/** What can go wrong. */
const kinds: readonly Fault[] = [
  {
    name: 'crash',
    begin: (faults, { random, sites }) => {
      const site = random.pick(sites);
      if (!site.isRunning || site.hasRival) return false;
      site.crash();
      faults.last(400, () => site.start());
      return true;
    },
  },
  {
    name: 'partition',
    begin: (faults, world) => {
      const [one, other] = pairOf(world);
      world.network.cut(one.name, other.name);
      faults.last(600, () => world.network.heal(one.name, other.name));
      return true;
    },
  },
  {
    name: 'isolation',
    begin: (faults, { random, sites, network }) => {
      const lonely = random.pick(sites);
      const others = sites.filter((site) => site !== lonely);
      for (const other of others) network.cut(lonely.name, other.name);
      faults.last(1000, () => {
        for (const other of others) network.heal(lonely.name, other.name);
      });
      return true;
    },
  },
  {
    name: 'one-way-delay',
    begin: (_faults, world) => {
      const [from, to] = pairOf(world);
      world.link(from.name, to.name).heldUntil = world.scheduler.now + world.random.integer(1, 800);
      return true;
    },
  },
  {
    name: 'slow-redis',
    begin: (_faults, { random, sites, scheduler }) => {
      random.pick(sites).hold(scheduler.now + random.integer(1, 300));
      return true;
    },
  },
  ...(['source', 'target', 'events'] as const).map((connection) => ({
    name: `lost-${connection}`,
    begin: (_faults: Faults, { random, sites }: SimWorld) => {
      const site = random.pick(sites);
      site.break(connection);
      return site.isRunning;
    },
  })),
  {
    name: 'clock-steps',
    begin: (_faults, { random, sites }) => {
      random.pick(sites).skewMs += random.integer(-500, 500);
      return true;
    },
  },
];

/** Names that `--without` takes for these. */
export const faultNames: readonly string[] = kinds.map(({ name }) => name);

/** Two different sites. */
function pairOf({ random, sites }: SimWorld): readonly [SimSite, SimSite] {
  const one = random.pick(sites);
  return [one, random.pick(sites.filter((site) => site !== one))];
}
