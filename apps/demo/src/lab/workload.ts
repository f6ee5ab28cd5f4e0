/**
 * Mixed traffic at one site: batches of random writes at a steady rate until told to stop, reproducible by the seed.
 *
 * A third of the draws goes to keys that every site writes. It counts what Redis confirmed, tallies counters, and
 * ends with an error at any refusal it did not provoke. It does not wait for replication.
 */
import type { Redis } from 'ioredis';
import { Random } from './random.ts';
import type { RedisServer } from './redis-server.ts';
import { type Command, type Draw, drawStep, type Step } from './steps.ts';
import type { Tally } from './tally.ts';
import { pause } from './wait.ts';

export interface WorkloadOptions {
  readonly site: string;
  readonly server: RedisServer;
  readonly seed: number;
  readonly tally: Tally;
  /** Writes per second, about. */
  readonly rate: number;
  /** Share of the draws on keys that all sites write. @defaultValue 1/3 */
  readonly sharedPart?: number;
  /** Keys per type, and again as many shared ones. @defaultValue 200 */
  readonly keys?: number;
  /** Counters per site, and again as many shared ones. @defaultValue 5 */
  readonly counters?: number;
}

const databases: readonly number[] = [0, 0, 0, 1, 3];

export class Workload {
  readonly site: string;
  #options: WorkloadOptions;
  #random: Random;
  #clients = new Map<number, Redis>();
  #writes = 0;
  #stopping = false;
  #running: Promise<void> | undefined;
  #failure: unknown;

  constructor(options: WorkloadOptions) {
    this.site = options.site;
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  /** Commands confirmed so far. */
  get writes(): number {
    return this.#writes;
  }

  /** Whether so many commands have been confirmed; throws when the workload has failed. */
  reached(writes: number): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#writes >= writes;
  }

  /** Writes until `stop`. */
  start(): void {
    this.#running = this.#run().catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** Ends after the batch under way; rejects if the workload has failed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    for (const client of this.#clients.values()) client.disconnect();
    this.#clients.clear();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #run(): Promise<void> {
    const started = performance.now();
    while (!this.#stopping) {
      const due = ((performance.now() - started) / 1000) * this.#options.rate;
      if (due > this.#writes) await this.#batch(this.#random.integer(1, Math.min(60, 10 + due - this.#writes)));
      else await pause(1);
    }
  }

  async #batch(size: number): Promise<void> {
    const db = this.#random.pick(databases);
    const draw = this.#draw();
    const steps: Step[] = [];
    for (let i = 0; i < size; i++) {
      const step = drawStep(draw);
      if (step.counter === undefined || db === 0) steps.push(step);
    }
    if (steps.length === 0) return;
    const atomic = size <= 12 && this.#random.chance(0.3);
    const commands = steps.flatMap((step) => step.commands);
    await this.#execute(this.#client(db), commands, atomic);
    this.#writes += commands.length;
    for (const { counter } of steps) if (counter !== undefined) this.#options.tally.add(counter.key, counter.by);
  }

  async #execute(client: Redis, commands: readonly Command[], atomic: boolean): Promise<void> {
    const list = commands.map((command) => ['call', ...command]);
    const results = await (atomic ? client.multi(list) : client.pipeline(list)).exec();
    if (results === null) throw new Error(`a transaction at ${this.site} was not executed`);
    results.forEach(([error], place) => {
      if (error !== null && !/WRONGTYPE/.test(error.message)) {
        throw new Error(`${commands[place]?.join(' ')} at ${this.site}: ${error.message}`);
      }
    });
  }

  #client(db: number): Redis {
    const known = this.#clients.get(db);
    if (known !== undefined) return known;
    const client = this.#options.server.client({ db });
    this.#clients.set(db, client);
    return client;
  }

  #draw(): Draw {
    const { site, sharedPart = 1 / 3, keys = 200, counters = 5 } = this.#options;
    const random = this.#random;
    return {
      random,
      key: (kind) => {
        const owner = random.chance(sharedPart) ? 'shared' : site;
        return `${kind}:${owner}:${random.integer(0, (kind === 'c' ? counters : keys) - 1)}`;
      },
      value: () => randomValue(random, site, this.#writes),
    };
  }
}

/** Mostly short text; sometimes nothing, arbitrary bytes, or some kilobytes. */
function randomValue(random: Random, site: string, count: number): string | Buffer {
  const sort = random.next();
  if (sort < 0.02) return '';
  if (sort < 0.1) return Buffer.from(Array.from({ length: random.integer(1, 40) }, () => random.integer(0, 255)));
  if (sort < 0.12) return `${site}-${count}-`.padEnd(random.integer(1000, 8000), 'x');
  return `${site}-${count}-${random.integer(0, 1_000_000)}`;
}
