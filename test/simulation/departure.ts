/**
 * A site that goes for good, in some worlds of three sites and more: its replicator dies amid the traffic, one of the others declares it
 * out, and it may come back at any time. The remaining sites have to end equal among themselves, without it.
 *
 * What its applications wrote and nobody received is lost with it: sums and additions are not checked in such a world.
 */
import { Random } from '../../apps/demo/src/lab/index.ts';
import type { SimSite } from './sim-site.ts';
import type { SimWorld } from './sim-world.ts';

/** One world in so many. */
const worldsToADeparture = 12;
/** How often something moves before the decision must have been taken. */
const mostRounds = 4000;

/** The departure of one world. */
export class Departure {
  readonly #world: SimWorld;
  readonly #random: Random;
  /** At which strike the site goes; -1: never. */
  readonly #at: number;
  #strikes = 0;
  #gone: SimSite | undefined;
  #isTold = false;
  #isBack = false;

  constructor(
    world: SimWorld,
    { seed, writes }: { seed: number; writes: number },
    isAsked: boolean,
    isExcluded: boolean,
  ) {
    this.#world = world;
    this.#random = new Random(seed ^ 0x90e);
    const isDrawn = this.#random.integer(1, worldsToADeparture) === 1;
    const occurs = (isDrawn || isAsked) && !isExcluded && world.sites.length > 2;
    this.#at = occurs ? this.#random.integer(1, writes) : -1;
  }

  /** Whether a site has gone. */
  get hasOccurred(): boolean {
    return this.#gone !== undefined;
  }

  /** Something may happen. */
  strike(): void {
    if (this.#at < 0) return;
    this.#strikes++;
    if (this.#gone === undefined) {
      if (this.#strikes >= this.#at) this.#go();
    } else if (!this.#isTold) {
      if (this.#random.chance(0.3)) this.#tell(this.#gone);
    } else if (!this.#isBack && this.#random.chance(0.02)) this.#comeBack(this.#gone);
  }

  /** The decision is taken and in force. @returns what is wrong */
  async finish(): Promise<readonly string[]> {
    const gone = this.#gone;
    if (gone === undefined) return [];
    // What the one that is gone was asked for is waited for until it is out. Again, where the one that was told has died before
    // it was on its disk, or has given way to another.
    for (let attempts = 0; attempts < 4; attempts++) {
      await this.#tellSomebody(gone);
      const isKnown = this.#isKnown(gone);
      await this.#world.rest(undefined, () => isKnown && !this.#isKnown(gone));
      if (isKnown === this.#isKnown(gone)) break;
    }
    // It came back when the one that knew had died: now it is there, and nobody declares it out.
    if (this.#isBack && !this.#isKnown(gone)) return [];
    if (!this.#isBack) {
      this.#comeBack(gone);
      await this.#world.rest();
    }
    // It may have crashed once more since.
    if (gone.isRunning) this.#world.situations.note(`site declared out ${gone.status().state}`);
    return this.#world.sites.flatMap((site) => {
      if (site.isGone) return [];
      const { out } = site.status();
      const [one] = out;
      if (out.length === 1 && one?.site === gone.name && one.inForce) return [];
      return [`${site.name}: ${gone.name} is not out: ${JSON.stringify(out)}`];
    });
  }

  async #tellSomebody(gone: SimSite): Promise<void> {
    const { scheduler } = this.#world;
    for (let rounds = 0; !this.#isKnown(gone) && rounds < mostRounds; rounds++) {
      if (rounds % 20 === 0) this.#tell(gone);
      await scheduler.step();
      await scheduler.advance(20);
    }
  }

  #isKnown(gone: SimSite): boolean {
    return this.#world.sites.some((site) => site.isRunning && site !== gone && site.status().out.length > 0);
  }

  #go(): void {
    const site = this.#random.pick(this.#world.sites);
    if (!site.isRunning || site.hasRival) return;
    site.leave();
    this.#gone = site;
    this.#world.situations.note('site gone');
  }

  #tell(gone: SimSite): void {
    const site = this.#random.pick(this.#world.sites.filter((one) => one !== gone));
    if (site.declareOut(gone.name) !== undefined) return;
    this.#isTold = true;
    this.#world.situations.note('site declared out');
  }

  #comeBack(gone: SimSite): void {
    this.#isBack = true;
    gone.comeBack();
    this.#world.situations.note('site declared out is back');
  }
}
