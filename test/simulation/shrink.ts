/**
 * Makes a failing world smaller, as long as it goes on to fail: fewer sites, fewer commands, fewer kinds of faults, the keys
 * that differ alone, then single commands. A smaller world fails for the same reason when its verdict is the same. Everything
 * that is tried is decided by what was found before, so that the same world always shrinks to the same, if there is time.
 */
import { faultNames } from './faults.ts';
import { moreFaultNames } from './more-faults.ts';
import { type Outcome, playSeed } from './play-seed.ts';
import { type DroppedRange, keysOfLines } from './selection.ts';
import { serverFaultNames } from './server-faults.ts';
import type { SimOptions } from './sim-run.ts';

/** A world that fails, and how. */
export interface Failing {
  readonly options: SimOptions;
  readonly outcome: Outcome;
}

/** What plays a world, and when there is no more time for it. */
export interface ShrinkParts {
  readonly play?: (options: SimOptions) => Promise<Outcome>;
  readonly isLate: () => boolean;
}

const fewestSites = 2;

/** The smallest world found that fails as this one does. */
export async function shrink(failing: Failing, parts: ShrinkParts): Promise<Failing> {
  const shrinking = new Shrinking(failing, parts);
  await shrinking.run();
  return shrinking.smallest;
}

class Shrinking {
  smallest: Failing;
  readonly #play: (options: SimOptions) => Promise<Outcome>;
  readonly #isLate: () => boolean;

  constructor(failing: Failing, { play = playSeed, isLate }: ShrinkParts) {
    this.smallest = failing;
    this.#play = play;
    this.#isLate = isLate;
  }

  async run(): Promise<void> {
    await this.#fewerSites();
    await this.#fewerSteps();
    await this.#fewerFaults();
    await this.#fewerKeys();
    await this.#fewerCommands();
    await this.#fewerSteps();
  }

  get #options(): SimOptions {
    return this.smallest.options;
  }

  /** Whether the changed world fails in the same way; it is the smallest then. */
  async #try(change: Partial<SimOptions>): Promise<boolean> {
    if (this.#isLate()) return false;
    const options = { ...this.#options, ...change };
    const outcome = await this.#play(options);
    if (outcome.verdict !== this.smallest.outcome.verdict) return false;
    this.smallest = { options, outcome };
    return true;
  }

  async #fewerSites(): Promise<void> {
    for (let sites = fewestSites; sites < this.#options.sites; sites++) {
      const { writers } = this.#options;
      const fewer = writers === undefined ? {} : { writers: Math.min(writers, sites) };
      if (await this.#try({ sites, ...fewer })) return;
    }
  }

  /** By a half as long as that fails, then by a quarter of that, and so on. */
  async #fewerSteps(): Promise<void> {
    for (let cut = Math.floor(this.#options.writes / 2); cut >= 1; ) {
      const writes = this.#options.writes - cut;
      if (writes < 1 || !(await this.#try({ writes }))) cut = Math.floor(cut / 2);
      if (this.#isLate()) return;
    }
  }

  async #fewerFaults(): Promise<void> {
    const { faults, without = [] } = this.#options;
    if (faults !== false && !(await this.#try({ faults: false }))) {
      const left = ['more', ...faultNames, ...moreFaultNames, ...serverFaultNames].filter(
        (name) => !without.includes(name),
      );
      for (const name of new Set(left)) {
        const off = this.#options.without ?? [];
        const isOff = name !== 'more' && off.includes('more') && !faultNames.includes(name);
        if (!isOff) await this.#try({ without: [...off, name] });
      }
    }
    if (this.#options.limiters !== false) await this.#try({ limiters: false });
  }

  /** Only the commands on the keys that differ, or else those of fewer kinds. */
  async #fewerKeys(): Promise<void> {
    const keys = keysOfLines(this.smallest.outcome.told);
    if (keys.length === 0) return;
    if (keys.length > 1) for (const key of keys) if (await this.#try({ keys: [key] })) return;
    await this.#try({ keys });
  }

  /** Leaves out ranges of commands: long ones first, at last single ones. */
  async #fewerCommands(): Promise<void> {
    const count = this.#options.writes;
    for (let size = Math.ceil(count / 4); ; size = Math.ceil(size / 2)) {
      for (let first = 1; first <= count; first += size) {
        const range: DroppedRange = [first, Math.min(count, first + size - 1)];
        const drop = this.#options.drop ?? [];
        if (!drop.some(([from, to]) => from <= range[0] && range[1] <= to)) await this.#try({ drop: [...drop, range] });
        if (this.#isLate()) return;
      }
      if (size === 1) return;
    }
  }
}
