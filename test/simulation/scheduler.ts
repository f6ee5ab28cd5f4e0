/**
 * Time and order of a simulated world. Everything that moves waits in a lane, in order; the scheduler picks the lane that
 * moves next by chance. Time passes a little with every step, and leaps to the next timer when nothing can move.
 */
import type { Timers } from '@entwine/engine';

/** A number in [0, 1). */
export type Chance = () => number;

/** Something of which one thing at a time can happen, in order. */
export class Lane {
  /** How often it moves beside other lanes. */
  readonly weight: number;
  /** It does not move before this moment. */
  heldUntil = 0;
  #waiting: (() => void)[] = [];

  constructor(weight: number) {
    this.weight = weight;
  }

  get length(): number {
    return this.#waiting.length;
  }

  push(step: () => void): void {
    this.#waiting.push(step);
  }

  /** Takes out all that waits. */
  clear(): (() => void)[] {
    return this.#waiting.splice(0);
  }

  isReady(now: number): boolean {
    return this.#waiting.length > 0 && this.heldUntil <= now;
  }

  run(): void {
    this.#waiting.shift()?.();
  }
}

interface Timer {
  readonly due: number;
  readonly owner: object;
  readonly run: () => void;
}

/** The scheduler of one world. */
export class Scheduler {
  /** Milliseconds of true time; no site knows it. */
  now: number;
  readonly #chance: Chance;
  readonly #trouble: { readonly error?: Error } | undefined;
  readonly #lanes = new Set<Lane>();
  /** Those that can move, at each step anew; what is behind them is of earlier steps. */
  readonly #ready: Lane[] = [];
  #timers: Timer[] = [];
  steps = 0;

  /** @param trouble - once it holds an error, nothing moves any more: `step` throws it. */
  constructor(chance: Chance, now: number, trouble?: { readonly error?: Error }) {
    this.#chance = chance;
    this.now = now;
    this.#trouble = trouble;
  }

  add<L extends Lane>(lane: L): L {
    this.#lanes.add(lane);
    return lane;
  }

  remove(lane: Lane): void {
    this.#lanes.delete(lane);
  }

  /** Timers of one owner, which `stopTimers` ends together. */
  timersFor(owner: object): Timers {
    return {
      after: (ms, run) => {
        const timer = { due: this.now + ms, owner, run };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        };
      },
    };
  }

  stopTimers(owner: object): void {
    this.#timers = this.#timers.filter((timer) => timer.owner !== owner);
  }

  /** One thing happens; false when nothing can but by the passing of time. */
  async step(): Promise<boolean> {
    if (this.#trouble?.error !== undefined) throw this.#trouble.error;
    const lane = this.#pick();
    if (lane === undefined) return false;
    this.steps++;
    lane.run();
    await settleMicrotasks();
    return true;
  }

  /** Time passes, and what is due happens. */
  async advance(ms: number): Promise<void> {
    this.now += ms;
    const due = this.#timers.filter((timer) => timer.due <= this.now);
    if (due.length === 0) return;
    this.#timers = this.#timers.filter((timer) => timer.due > this.now);
    for (const timer of due) timer.run();
    await settleMicrotasks();
  }

  #pick(): Lane | undefined {
    const ready = this.#ready;
    let count = 0;
    let total = 0;
    for (const lane of this.#lanes) {
      if (!lane.isReady(this.now)) continue;
      ready[count++] = lane;
      total += lane.weight;
    }
    if (count === 0) return undefined;
    let place = this.#chance() * total;
    for (let i = 0; i < count - 1; i++) {
      place -= ready[i]!.weight;
      if (place < 0) return ready[i];
    }
    return ready[count - 1];
  }
}

/** A tick comes when no microtask is left, however many follow from each other. It costs a fourth of a turn of the event loop. */
function settleMicrotasks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
