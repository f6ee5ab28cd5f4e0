/**
 * A Redis in memory: one master, as exact as tests need it for the commands in its table. Replies, key space, replication
 * stream and keyspace events are those of Redis 7.0, which a test against a live server checks with random sequences.
 *
 * It is deterministic: time and chance are given to it. It does nothing by itself; `expireSome` is the server's cycle.
 *
 * What differs from a server: a blocking command that would wait replies at once as if its time had run out; hashes and sets
 * keep the order of insertion, and a scan shows all of them at once; expiries beyond 2^53 are rounded where they are kept;
 * what DUMP gives is a server's format, but not packed as a server would.
 */
import type { ModelCommand } from './call.ts';
import { argumentsOf, commandFor, scriptCommandFor } from './find-command.ts';
import { hasExpired, Keyspace } from './keyspace.ts';
import { ReplicationLog } from './replication-log.ts';
import { type Failure, isFailure, type ModelReply, ok, Refusal } from './reply.ts';
import { RunningCall, type Surroundings, type Unit } from './running-call.ts';
import { Watches } from './watches.ts';

/** Why a master deleted a key by itself. */
export type ModelEvent = 'expired' | 'evicted';

export interface RedisModelOptions {
  /** 40 hex characters. */
  readonly replicationId: string;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** @defaultValue 16 */
  readonly databases?: number;
  /** @defaultValue 1 MiB */
  readonly backlogBytes?: number;
  /** Called for every key that the master deletes by itself, before the stream shows it. */
  readonly onEvent?: (db: number, key: string, kind: ModelEvent) => void;
}

/** What a script runs commands with. */
export interface ScriptCalls {
  /** @throws Refusal */
  call(...words: string[]): ModelReply;
  /** Errors are values. */
  try(...words: string[]): ModelReply;
}

/** A connection: its selected database, its open transaction. */
export interface ModelClient {
  db: number;
  /** Queued commands; undefined outside MULTI. */
  queue: (readonly string[])[] | undefined;
  /** A command was refused while queueing. */
  isDirty: boolean;
}

const readOnly: Failure = { error: "READONLY You can't write against a read only replica." };

/** Commands that delete what has expired wherever they meet it: they are no block in the stream. */
const meetAnything: ReadonlySet<string> = new Set(['SCAN', 'RANDOMKEY']);

/** One server. */
export class RedisModel {
  readonly keyspace: Keyspace;
  readonly log: ReplicationLog;
  readonly #options: RedisModelOptions;
  readonly #watches: Watches;
  readonly #surroundings: Surroundings;
  /** A replica refuses what would write, and deletes nothing by itself: `ModelReplica` has it obey a master. */
  role: 'master' | 'replica' = 'master';
  /** A replica that is not connected to its master takes no replicas. */
  isLinked = true;

  /** @param start - taken over; without it the server is empty */
  constructor(options: RedisModelOptions, start?: { readonly keyspace: Keyspace; readonly log: ReplicationLog }) {
    this.#options = options;
    this.keyspace = start?.keyspace ?? new Keyspace(options.databases ?? 16);
    this.#watches = new Watches(this.keyspace);
    const { random, onEvent } = options;
    this.#surroundings = { keyspace: this.keyspace, watches: this.#watches, random, onEvent };
    this.log = start?.log ?? new ReplicationLog(options.replicationId, 0, options.backlogBytes);
  }

  connect(): ModelClient {
    return { db: 0, queue: undefined, isDirty: false };
  }

  /** The client has gone: nothing is kept for it. */
  disconnect(client: ModelClient): void {
    this.#endTransaction(client);
  }

  /** Runs one command of a client. Errors are values. */
  execute(client: ModelClient, words: readonly string[]): ModelReply {
    const command = commandFor(words);
    if ('error' in command) return this.#reject(client, words, command);
    if (command.write && this.role === 'replica') return this.#reject(client, words, readOnly);
    const { queue } = client;
    switch (command.name) {
      case 'MULTI':
        if (queue !== undefined) return { error: 'ERR MULTI calls can not be nested' };
        client.queue = [];
        client.isDirty = false;
        return ok;
      case 'DISCARD':
        if (queue === undefined) return { error: 'ERR DISCARD without MULTI' };
        this.#endTransaction(client);
        return ok;
      case 'EXEC':
        return this.#exec(client);
      case 'WATCH':
        if (queue !== undefined) return { error: 'ERR WATCH inside MULTI is not allowed' };
        this.#watches.watch(client, argumentsOf(command, words), this.#options.now());
        return ok;
    }
    if (queue !== undefined) {
      queue.push(words);
      return { status: 'QUEUED' };
    }
    if (command.name === 'UNWATCH') this.#watches.unwatch(client);
    return this.#unit(client, (call) => this.#run(call, command, words), !meetAnything.has(command.name));
  }

  /** Runs a script: all that it does is one unit. What it throws is the reply, and what it did before stays done. */
  script(client: ModelClient, body: (calls: ScriptCalls) => ModelReply): ModelReply {
    if (this.role === 'replica') return readOnly;
    return this.#unit(client, (call) => {
      const invoke = (words: readonly string[]): ModelReply => {
        const command = scriptCommandFor(words);
        return 'error' in command ? command : this.#run(call, command, words);
      };
      const calls: ScriptCalls = {
        call: (...words) => {
          const reply = invoke(words);
          if (isFailure(reply)) throw new Refusal(reply.error);
          return reply;
        },
        try: (...words) => invoke(words),
      };
      const { db } = client;
      try {
        return body(calls);
      } catch (error) {
        if (error instanceof Refusal) return { error: error.message };
        throw error;
      } finally {
        client.db = db;
      }
    });
  }

  /** Removes up to `limit` keys that have expired, as the server's own cycle does; returns how many. */
  expireSome(limit: number = Number.POSITIVE_INFINITY): number {
    if (this.role === 'replica') return 0;
    const now = this.#options.now();
    let count = 0;
    for (const { db, key, stored } of this.keyspace) {
      if (!hasExpired(stored, now)) continue;
      if (count >= limit) break;
      this.#deleteByItself(db, key, 'expired');
      count++;
    }
    return count;
  }

  /** Evicts a key, as a server above maxmemory does. */
  evict(db: number, key: string): void {
    if (this.keyspace.db(db).has(key)) this.#deleteByItself(db, key, 'evicted');
  }

  /** Carries out a unit of a master's stream, for a client in the selected database. Nothing is propagated. */
  obey(client: ModelClient, unit: readonly (readonly string[])[]): void {
    const call = new RunningCall(this.#surroundings, client, this.#options.now(), 'waits');
    for (const words of unit) {
      const command = commandFor(words);
      const reply = 'error' in command ? command : this.#run(call, command, words);
      if (isFailure(reply)) throw new Error(`a replica cannot carry out ${words[0]}: ${reply.error}`);
    }
  }

  #deleteByItself(db: number, key: string, kind: ModelEvent): void {
    this.#unit({ db, queue: undefined, isDirty: false }, (call) => {
      call.deleteByItself(db, key, kind);
      return null;
    });
  }

  /** Says why there is no such command. A transaction that it was meant for will not be carried out. */
  #reject(client: ModelClient, words: readonly string[], failure: Failure): Failure {
    client.isDirty ||= client.queue !== undefined;
    if (words[0]?.toUpperCase() !== 'EXEC') return failure;
    this.#endTransaction(client);
    return { error: `EXECABORT Transaction discarded because of: ${failure.error.replace(/^ERR /, '')}` };
  }

  #exec(client: ModelClient): ModelReply {
    const { queue } = client;
    if (queue === undefined) return { error: 'ERR EXEC without MULTI' };
    if (this.role === 'replica' && queue.some(isWrite)) return this.#reject(client, ['EXEC'], readOnly);
    const isBroken = this.#watches.isBroken(client, this.#options.now());
    this.#endTransaction(client);
    if (client.isDirty) return { error: 'EXECABORT Transaction discarded because of previous errors.' };
    if (isBroken) return null;
    return this.#unit(client, (call) =>
      queue.map((words) => {
        const command = commandFor(words);
        return 'error' in command ? command : this.#run(call, command, words);
      }),
    );
  }

  #endTransaction(client: ModelClient): void {
    client.queue = undefined;
    this.#watches.unwatch(client);
  }

  /** @param isBlock - whether two writes or more travel as one */
  #unit(client: ModelClient, run: (call: RunningCall) => ModelReply, isBlock: boolean = true): ModelReply {
    const expiry = this.role === 'master' ? 'deletes' : 'hides';
    const call = new RunningCall(this.#surroundings, client, this.#options.now(), expiry);
    const reply = run(call);
    this.#emit(call.unit, isBlock && call.unit.length > 1);
    return reply;
  }

  #run(call: RunningCall, command: ModelCommand, words: readonly string[]): ModelReply {
    call.begin(words);
    let reply: ModelReply;
    try {
      reply = command.run(call, argumentsOf(command, words));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      reply = { error: error.message };
    }
    call.end(command.name);
    return reply;
  }

  /** A block travels between MULTI and EXEC; SELECT goes before the first command of another database, and MULTI. */
  #emit(unit: Unit, isBlock: boolean): void {
    if (isBlock) this.log.write(unit[0]!.db, ['MULTI']);
    for (const { db, words } of unit) this.log.write(db, words);
    if (isBlock) this.log.write(unit.at(-1)!.db, ['EXEC']);
  }
}

function isWrite(words: readonly string[]): boolean {
  const command = commandFor(words);
  return 'write' in command && command.write;
}
