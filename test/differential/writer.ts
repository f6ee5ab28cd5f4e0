/**
 * Executes the steps of a stream at one server, in pipelines of random length, and keeps what was replied.
 *
 * `lockstep` waits for every blocking command to block before it is served, and releases it afterwards: the outcome is
 * then determined by the steps. Otherwise they run beside the stream, as applications do.
 */
import { pause, Random, type RedisServer } from '../../apps/demo/src/lab/index.ts';
import type { Step } from './command-stream.ts';
import type { Dues } from './dues.ts';
import { RawConnection, Refused, type Reply } from './raw-connection.ts';
import type { Words } from './row.ts';
import { loadedScripts } from './rows/scripts.ts';

/** A command that a server has answered. */
export interface Done {
  readonly db: number;
  readonly command: Words;
  /** Null until it is there. */
  reply: Reply;
}

export interface WriterOptions {
  readonly server: RedisServer;
  readonly seed: number;
  readonly lockstep: boolean;
  /** Ms to let pass after each pipeline, at most. @defaultValue 0 */
  readonly pauseMs?: number;
  readonly dues?: Dues;
}

/** Connections for commands that wait. */
const lanes = 4;

export class Writer {
  /** Everything that was answered, in the order in which it was sent. */
  readonly trail: Done[] = [];
  #options: WriterOptions;
  #random: Random;
  #main: RawConnection;
  #lanes: { readonly connection: RawConnection; busy: Promise<void> }[];
  #db: number | undefined;
  #pipeline: Step[] = [];
  #length = 1;

  private constructor(options: WriterOptions, main: RawConnection, side: readonly RawConnection[]) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#main = main;
    this.#lanes = side.map((connection) => ({ connection, busy: Promise.resolve() }));
  }

  static async open(options: WriterOptions): Promise<Writer> {
    const { port } = options.server;
    const main = await RawConnection.open(port);
    const side = await Promise.all(Array.from({ length: lanes }, () => RawConnection.open(port)));
    await main.send(loadedScripts.map((script) => ['SCRIPT', 'LOAD', script]));
    return new Writer(options, main, side);
  }

  /** How many replies were errors. */
  get refusals(): number {
    return this.trail.filter(({ reply }) => reply instanceof Refused).length;
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.waits !== undefined) {
        await this.#flush();
        await this.#wait(step.db, step.waits, step.commands);
      } else {
        this.#pipeline.push(step);
        if (this.#pipeline.length >= this.#length) await this.#flush();
      }
    }
    await this.#flush();
    await Promise.all(this.#lanes.map(({ busy }) => busy));
  }

  close(): void {
    for (const { connection } of [{ connection: this.#main }, ...this.#lanes]) connection.close();
  }

  async #flush(): Promise<void> {
    const steps = this.#pipeline.splice(0);
    if (steps.length === 0) return;
    this.#length = this.#random.chance(0.3) ? this.#random.integer(20, 120) : this.#random.integer(1, 20);
    const commands = steps.flatMap((step) => this.#selected(step.db, step.commands));
    const replies = await this.#main.send(commands.map(({ command }) => command));
    commands.forEach((sent, place) => {
      this.trail.push({ ...sent, reply: replies[place] ?? null });
    });
    this.#confirm(steps, commands, replies);
    const { pauseMs = 0 } = this.#options;
    if (pauseMs > 0) await pause(this.#random.integer(0, pauseMs));
  }

  /** With SELECT where it is needed, and the database that each command meets. */
  #selected(db: number, commands: readonly Words[]): { db: number; command: Words }[] {
    const sent: { db: number; command: Words }[] = [];
    if (this.#db !== db) sent.push({ db, command: ['SELECT', String(db)] });
    this.#db = db;
    for (const command of commands) {
      if (command[0] === 'SELECT') this.#db = undefined;
      sent.push({ db: command[0] === 'SELECT' ? Number(command[1]) : (sent.at(-1)?.db ?? db), command });
    }
    return sent;
  }

  #confirm(steps: readonly Step[], sent: readonly { readonly command: Words }[], replies: readonly Reply[]): void {
    const replyTo = new Map(sent.map(({ command }, place) => [command, replies[place]]));
    for (const { commands, dues = [] } of steps) {
      const last = commands.at(-1);
      const reply = last === undefined ? null : replyTo.get(last);
      if (reply === null || reply === undefined || reply instanceof Refused) continue;
      for (const due of dues) this.#options.dues?.add(due);
    }
  }

  async #wait(db: number, command: Words, serve: readonly Words[]): Promise<void> {
    const lane = this.#random.pick(this.#lanes);
    await lane.busy;
    await lane.connection.call('SELECT', String(db));
    const id = this.#options.lockstep ? String(await lane.connection.call('CLIENT', 'ID')) : '';
    let answered = false;
    const done: Done = { db, command, reply: null };
    this.trail.push(done);
    lane.busy = lane.connection.send([command]).then(([reply = null]) => {
      answered = true;
      done.reply = reply;
    });
    if (this.#options.lockstep) await this.#untilBlocked(id, () => answered);
    if (serve.length > 0) {
      this.#pipeline.push({ db, commands: serve });
      await this.#flush();
    }
    if (!this.#options.lockstep) return;
    await this.#main.call('CLIENT', 'UNBLOCK', id);
    await lane.busy;
  }

  async #untilBlocked(id: string, answered: () => boolean): Promise<void> {
    while (!answered()) {
      const list = String(await this.#main.call('CLIENT', 'LIST', 'ID', id));
      if (/ flags=\S*b/.test(list)) return;
      await pause(0);
    }
  }
}
