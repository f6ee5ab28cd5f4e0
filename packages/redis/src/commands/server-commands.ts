/**
 * `ServerCommands` over COMMAND, asked of the node that is captured from.
 *
 * Rules: all commands are read at once, when it is made and whenever it is told that the server may be another; and again
 * when a name turns up that was not among them (a module loaded since, or a command renamed, which only COMMAND INFO
 * finds), once for each name. An attempt that fails is repeated after a pause; one that the server refuses is not, until
 * there is a new reason. It holds no connection meanwhile.
 */
import {
  argumentCount,
  argumentText,
  type Command,
  type CommandRow,
  type KeySpec,
  type ServerCommands,
  unknownCommand,
} from '@entwine/core';
import { Backoff } from '../backoff.ts';
import { Connection } from '../connection/connection.ts';
import { ErrorReply } from '../connection/reply-parser.ts';
import type { CaptureMode } from '../discovery/choose.ts';
import { discover } from '../discovery/discover.ts';
import type { RedisEndpoint } from '../redis-endpoint.ts';
import { RedisError } from '../redis-error.ts';
import { type After, type Random, sleep, systemAfter } from '../timers.ts';
import { commandSpecs, specsOfEntry } from './key-specs-of.ts';

/** Names that are asked for by themselves, between two refreshes. */
const maxAsked = 1000;

/** Whom to ask. */
export interface ServerCommandsOptions {
  /** Any nodes of the site. */
  readonly redis: readonly RedisEndpoint[];
  /** As that of the source. @defaultValue 'auto' */
  readonly capture?: CaptureMode;
  /** Milliseconds to connect. @defaultValue 2000 */
  readonly connectTimeout?: number;
  /** Milliseconds for each answer. @defaultValue 5000 */
  readonly commandTimeout?: number;
  /** @defaultValue Math.random */
  readonly random?: Random;
  /** @defaultValue setTimeout */
  readonly after?: After;
}

/** What the site's server tells of its commands; it begins to ask at once. */
export function createServerCommands(options: ServerCommandsOptions): ServerCommands {
  return new RedisServerCommands(options);
}

class RedisServerCommands implements ServerCommands {
  readonly #options: ServerCommandsOptions;
  readonly #backoff: Backoff;
  readonly #closing: AbortController = new AbortController();
  #specs: ReadonlyMap<string, readonly KeySpec[]> = new Map();
  readonly #rows = new Map<readonly KeySpec[], CommandRow>();
  /** Names that were not among the commands. */
  readonly #asked = new Set<string>();
  #isDue = false;
  #running: Promise<void> | undefined;

  constructor(options: ServerCommandsOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random ?? Math.random);
    this.#load();
  }

  find(command: Command): CommandRow | undefined {
    const { name } = command;
    const sub = argumentCount(command) > 1 ? `${name}|${argumentText(command, 1).toUpperCase()}` : name;
    const specs = this.#specs.get(sub) ?? this.#specs.get(name);
    if (specs === undefined) {
      if (this.#asked.has(name) || this.#asked.size === maxAsked) return undefined;
      this.#asked.add(name);
      this.#load();
      return undefined;
    }
    let row = this.#rows.get(specs);
    if (row === undefined) {
      row = unknownCommand(specs);
      this.#rows.set(specs, row);
    }
    return row;
  }

  refresh(): void {
    this.#asked.clear();
    this.#load();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  #load(): void {
    this.#isDue = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#isDue && !signal.aborted) {
      this.#isDue = false;
      if (await this.#attempt()) {
        this.#backoff.reset();
        continue;
      }
      this.#isDue = true;
      await sleep(this.#backoff.next(), this.#options.after ?? systemAfter, signal);
    }
  }

  /** Returns whether there is nothing to try again. */
  async #attempt(): Promise<boolean> {
    const { redis, capture = 'auto', connectTimeout = 2000, commandTimeout = 5000 } = this.#options;
    const deadlines = { connectTimeout, commandTimeout, signal: this.#closing.signal };
    let connection: Connection | undefined;
    try {
      const found = await discover({ ...deadlines, redis, capture });
      connection = await Connection.open(found.capture, deadlines);
      const all = await connection.call('COMMAND');
      if (all instanceof ErrorReply) return true;
      const specs = commandSpecs(all);
      const names = [...this.#asked].filter((name) => !specs.has(name));
      const infos = names.length === 0 ? [] : await connection.call('COMMAND', 'INFO', ...names);
      for (const [i, info] of (Array.isArray(infos) ? infos : []).entries())
        if (Array.isArray(info)) specs.set(names[i]!, specsOfEntry(info));
      this.#specs = specs;
      this.#rows.clear();
      return true;
    } catch (error) {
      if (error instanceof RedisError) return false;
      throw error;
    } finally {
      connection?.close();
    }
  }
}
