/**
 * Plays many seeds, in this process or in several. Outcomes are handed over in the order of the seeds however many processes
 * there are, so that what is made of them is the same.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Outcome, playSeed } from './play-seed.ts';
import type { SimOptions } from './sim-run.ts';

/** Takes an outcome; false ends it all. */
export type OnOutcome = (outcome: Outcome, options: SimOptions) => boolean | Promise<boolean>;

const program = fileURLToPath(new URL('sim-worker.ts', import.meta.url));
/** What a world makes lives as long as it does: with more room for young objects, fewer are copied. */
const heap = '--max-semi-space-size=32';

/** @param jobs - processes; 1: this one. */
export async function playAll(jobs: number, seeds: Iterable<SimOptions>, onOutcome: OnOutcome): Promise<void> {
  if (jobs > 1) return new Pool(seeds, onOutcome).run(jobs);
  for (const options of seeds) if (!(await onOutcome(await playSeed(options), options))) return;
}

class Pool {
  readonly #seeds: Iterator<SimOptions>;
  readonly #onOutcome: OnOutcome;
  /** What is known and not handed over, by number in the order of the seeds. */
  readonly #known = new Map<number, { readonly outcome: Outcome; readonly options: SimOptions }>();
  #given = 0;
  #told = 0;
  #isOver = false;
  /** What is being handed over. */
  #telling: Promise<void> = Promise.resolve();

  constructor(seeds: Iterable<SimOptions>, onOutcome: OnOutcome) {
    this.#seeds = seeds[Symbol.iterator]();
    this.#onOutcome = onOutcome;
  }

  async run(jobs: number): Promise<void> {
    await Promise.all(Array.from({ length: jobs }, () => this.#work()));
    await this.#telling;
  }

  /** Plays what is next, in one process, or in one after the other should they end. */
  async #work(): Promise<void> {
    let child: ChildProcess | undefined;
    while (!this.#isOver) {
      const next = this.#seeds.next();
      if (next.done === true) break;
      const number = this.#given++;
      if (child?.connected !== true) child = fork(program, { execArgv: [...process.execArgv, heap] });
      const outcome = await answerOf(child, next.value);
      this.#known.set(number, { outcome, options: next.value });
      this.#telling = this.#telling.then(() => this.#tell());
    }
    child?.disconnect();
  }

  /** Hands over what is known, in order. */
  async #tell(): Promise<void> {
    for (let next = this.#known.get(this.#told); next !== undefined; next = this.#known.get(this.#told)) {
      this.#known.delete(this.#told++);
      if (this.#isOver) return;
      if (!(await this.#onOutcome(next.outcome, next.options))) this.#isOver = true;
    }
  }
}

/** The outcome that a process tells. One that ends without telling it has lost the seed: that is what became of it. */
function answerOf(child: ChildProcess, options: SimOptions): Promise<Outcome> {
  return new Promise((resolve) => {
    const onMessage = (outcome: unknown): void => {
      child.off('exit', onExit);
      resolve(outcome as Outcome);
    };
    const onExit = (code: number | null, signal: string | null): void => {
      child.off('message', onMessage);
      const told = [`its process ended (${signal ?? `code ${code}`}); --jobs 1 shows why`];
      resolve({ seed: options.seed, verdict: 'unsafe', told, situations: {} });
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
    child.send(options);
  });
}
