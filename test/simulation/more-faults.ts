/**
 * Faults that draw from a chance of their own, beside those of `faults.ts`: a world without them (`--without more`) is what it
 * was before there were any.
 */
import { ownField, standaloneMarkerKey } from '@entwine/core';
import { MemoryLogDisk } from '@entwine/testkit';
import { Random } from '../../apps/demo/src/lab/index.ts';
import { copyOfDisk } from './disk-copy.ts';
import type { Faults } from './faults.ts';
import type { SimSite } from './sim-site.ts';
import type { SimWorld } from './sim-world.ts';

/** What a fault of these has to do with. */
interface Scene {
  readonly world: SimWorld;
  readonly random: Random;
  /** Lets something last up to so many milliseconds. */
  readonly last: (ms: number, end: () => void) => void;
}

interface MoreFault {
  readonly name: string;
  /** @returns whether there was something to go wrong */
  begin(scene: Scene): boolean;
}

/** The world of one in so many gets a second replicator at a site. */
const worldsToARival = 20;
/** By how much a clock is set back, in milliseconds; and how much it gains in each, at most. */
const [mostBackMs, mostDrift] = [1500, 0.02];

/** How often each begins beside the others. */
const kinds: readonly MoreFault[] = [
  {
    name: 'crash',
    begin: ({ world, random, last }) => {
      const site = random.pick(world.sites);
      if (!site.isRunning || site.hasRival) return false;
      site.crash();
      last(400, () => site.start());
      return true;
    },
  },
  {
    name: 'partition',
    begin: ({ world, random, last }) => {
      const [one, other] = pairOf(world, random);
      world.network.cut(one.name, other.name);
      last(600, () => world.network.heal(one.name, other.name));
      return true;
    },
  },
  {
    name: 'one-way-partition',
    begin: ({ world, random, last }) => {
      const [from, to] = pairOf(world, random);
      const lane = world.link(from.name, to.name);
      lane.heldUntil = Number.POSITIVE_INFINITY;
      last(1000, () => {
        lane.heldUntil = 0;
      });
      return true;
    },
  },
  {
    name: 'clock-back',
    begin: ({ world, random }) => {
      random.pick(world.sites).skewMs -= random.integer(1, mostBackMs);
      return true;
    },
  },
  {
    name: 'drift',
    begin: ({ world, random }) => {
      random.pick(world.sites).drift((2 * random.next() - 1) * mostDrift);
      return true;
    },
  },
  {
    name: 'duplicates',
    begin: ({ world, last }) => {
      world.repeats.add('batches');
      last(500, () => world.repeats.delete('batches'));
      return true;
    },
  },
  {
    name: 'lost-answer',
    begin: ({ world, random }) => {
      const { target } = random.pick(world.sites);
      if (target === undefined) return false;
      target.answersToLose += random.integer(1, 2);
      return true;
    },
  },
  {
    name: 'late-calls',
    begin: ({ world, random, last }) => {
      const { target } = random.pick(world.sites);
      if (target === undefined) return false;
      target.repeat = random.fork();
      last(500, () => {
        target.repeat = undefined;
      });
      return true;
    },
  },
  {
    name: 'marker-damage',
    begin: ({ world, random }) => {
      if (!random.chance(0.3)) return false;
      const { redis } = random.pick(world.sites);
      const damage = random.pick([
        ['DEL', standaloneMarkerKey],
        ['HDEL', standaloneMarkerKey, ownField],
        ['HSET', standaloneMarkerKey, 'nobody', 'forged'],
      ]);
      redis.execute(redis.connect(), damage);
      return true;
    },
  },
];

/** The later faults of one world. */
export class MoreFaults {
  readonly #scene: Scene;
  readonly #faults: Faults;
  readonly #rate: number;
  readonly #without: ReadonlySet<string>;
  /** At which strike a second replicator is started, with a copy of the log or with none; -1: never. */
  readonly #rivalAt: number;
  readonly #isCopy: boolean;
  #strikes = 0;

  constructor(
    world: SimWorld,
    faults: Faults,
    { seed, writes, asked }: { seed: number; writes: number; asked: readonly string[] },
    without: ReadonlySet<string>,
  ) {
    const random = new Random(seed ^ 0xfa17);
    this.#scene = { world, random, last: (ms, end) => faults.until(world.scheduler.now + random.integer(1, ms), end) };
    this.#faults = faults;
    this.#without = without;
    this.#rate = without.has('more') ? 0 : random.pick([0.01, 0.03, 0.06]);
    const isRival = random.integer(1, worldsToARival) === 1 || asked.some((name) => askedFaults.includes(name));
    this.#isCopy = asked.includes('rival-copy') && (!asked.includes('rival') || random.chance(0.5));
    const at = random.integer(1, Math.ceil(writes / 2));
    this.#rivalAt = isRival && !without.has('more') && !without.has('rival') ? at : -1;
  }

  /** Something may go wrong. */
  strike(): void {
    this.#strikes++;
    for (const site of this.#scene.world.sites) site.settleRivals();
    if (this.#rate === 0) return;
    if (this.#strikes === this.#rivalAt) this.#startRival();
    const { random } = this.#scene;
    if (!random.chance(this.#rate)) return;
    const fault = random.pick(kinds);
    if (!this.#without.has(fault.name) && fault.begin(this.#scene)) this.#faults.note(fault.name);
  }

  /** By mistake, a site's replicator is started twice: with a copy of its log, or with none. */
  #startRival(): void {
    const { world, random } = this.#scene;
    const site = random.pick(world.sites);
    if (!site.isRunning || site.hasRival) return;
    site.startRival(this.#isCopy ? copyOfDisk(site.disk) : new MemoryLogDisk());
    this.#faults.note('second replicator');
  }
}

/** Buffers that are soon full, in some worlds: limits in bytes. */
export function smallBuffers(
  seed: number,
): { readonly maxInboxBytes: number; readonly maxPendingBytes: number } | undefined {
  const random = new Random(seed ^ 0xb0f);
  if (!random.chance(0.3)) return undefined;
  return { maxInboxBytes: random.integer(200, 4000), maxPendingBytes: random.integer(500, 8000) };
}

/**
 * What `--with` takes: a second replicator in every world. One that has a copy of the log is only there when asked for: what the
 * first has sent and the marker does not tell yet, it sends again with other times (docs/testing.md).
 */
export const askedFaults: readonly string[] = ['rival', 'rival-copy'];

/** Names that `--without` takes for these. */
export const moreFaultNames: readonly string[] = [...kinds.map(({ name }) => name), 'rival', 'small-buffers', 'more'];

function pairOf({ sites }: SimWorld, random: Random): readonly [SimSite, SimSite] {
  const one = random.pick(sites);
  return [one, random.pick(sites.filter((site) => site !== one))];
}
