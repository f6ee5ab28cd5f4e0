/**
 * A Redis in memory: one master, as exact as tests need it for the commands in its table. Replies, key space, replication
 * stream and keyspace events are those of Redis 7.0, which a test against a live server checks with random sequences.
 *
 * It is deterministic: time and chance are given to it. It does nothing by itself; `expireSome` is the server's cycle.
 *
 * What differs from a server: a blocking command that would wait replies at once as if its time had run out; hashes and sets
 * keep the order of insertion; numbers with a fraction are doubles.
 */
import type { ModelCommand } from './call.ts';
import { commandTable } from './commands/command-table.ts';
import { Keyspace } from './keyspace.ts';
import { encodeCommand, ReplicationLog } from './replication-log.ts';
import { type Failure, type ModelReply, ok, Refusal } from './reply.ts';
import { RunningCall, type Unit } from './running-call.ts';

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

const defaultBacklogBytes = 1024 * 1024;

/** One server. */
export class RedisModel {
  readonly keyspace: Keyspace;
  readonly log: ReplicationLog;
  readonly #options: RedisModelOptions;

  /** @param keyspace - taken over; empty when left out. */
  constructor(options: RedisModelOptions, keyspace?: Keyspace, offset: number = 0) {
    this.#options = options;
    this.keyspace = keyspace ?? new Keyspace(options.databases ?? 16);
    this.log = new ReplicationLog(options.replicationId, offset, options.backlogBytes ?? defaultBacklogBytes);
  }

  connect(): ModelClient {
    return { db: 0, queue: undefined, isDirty: false };
  }

  /** Runs one command of a client. Errors are values. */
  execute(client: ModelClient, words: readonly string[]): ModelReply {
    const command = commandOf(words);
    if ('error' in command) {
      client.isDirty ||= client.queue !== undefined;
      return command;
    }
    switch (command.name) {
      case 'MULTI':
        if (client.queue !== undefined) return { error: 'ERR MULTI calls can not be nested' };
        client.queue = [];
        client.isDirty = false;
        return ok;
      case 'DISCARD':
        if (client.queue === undefined) return { error: 'ERR DISCARD without MULTI' };
        client.queue = undefined;
        return ok;
      case 'EXEC':
        return this.#exec(client);
      default:
        if (client.queue === undefined) return this.#unit(client, (call) => this.#run(call, command, words));
        client.queue.push(words);
        return { status: 'QUEUED' };
    }
  }

  /** Runs a script: all that it does is one unit. What it throws is the reply, and what it did before stays done. */
  script(client: ModelClient, body: (calls: ScriptCalls) => ModelReply): ModelReply {
    return this.#unit(client, (call) => {
      const invoke = (words: readonly string[]): ModelReply => {
        const command = commandOf(words);
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
    const now = this.#options.now();
    const due = [...this.keyspace].filter(({ stored }) => stored.expireAt >= 0 && stored.expireAt <= now);
    const chosen = due.slice(0, limit);
    for (const { db, key } of chosen) this.#deleteByItself(db, key, 'expired');
    return chosen.length;
  }

  /** Evicts a key, as a server above maxmemory does. */
  evict(db: number, key: string): void {
    if (this.keyspace.db(db).has(key)) this.#deleteByItself(db, key, 'evicted');
  }

  #deleteByItself(db: number, key: string, kind: ModelEvent): void {
    this.#unit({ db, queue: undefined, isDirty: false }, (call) => {
      call.deleteByItself(db, key, kind);
      return null;
    });
  }

  #exec(client: ModelClient): ModelReply {
    const { queue } = client;
    if (queue === undefined) return { error: 'ERR EXEC without MULTI' };
    client.queue = undefined;
    if (client.isDirty) return { error: 'EXECABORT Transaction discarded because of previous errors.' };
    return this.#unit(client, (call) =>
      queue.map((words) => {
        const command = commandOf(words);
        return 'error' in command ? command : this.#run(call, command, words);
      }),
    );
  }

  #unit(client: ModelClient, run: (call: RunningCall) => ModelReply): ModelReply {
    const { now, random, onEvent } = this.#options;
    const call = new RunningCall(this.keyspace, client, now(), random, onEvent);
    const reply = run(call);
    this.#emit(call.unit);
    return reply;
  }

  #run(call: RunningCall, command: ModelCommand, words: readonly string[]): ModelReply {
    call.begin(words);
    let reply: ModelReply;
    try {
      reply = command.run(call, words.slice(command.name.split(' ').length));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      reply = { error: error.message };
    }
    call.end();
    return reply;
  }

  /** Two writes or more travel between MULTI and EXEC; SELECT goes before the first command of another database. */
  #emit(unit: Unit): void {
    const isBlock = unit.length > 1;
    if (isBlock) this.log.append(encodeCommand(['MULTI']));
    for (const { db, words } of unit) {
      if (db !== this.log.selected) this.log.append(encodeCommand(['SELECT', String(db)]));
      this.log.selected = db;
      this.log.append(encodeCommand(words));
    }
    if (isBlock) this.log.append(encodeCommand(['EXEC']));
  }
}

/** The command of these words, or why there is none. */
function commandOf(words: readonly string[]): ModelCommand | Failure {
  const name = (words[0] ?? '').toUpperCase();
  const command = commandTable.get(name) ?? commandTable.get(`${name} ${(words[1] ?? '').toUpperCase()}`);
  if (command === undefined) return { error: `ERR unknown command '${words[0] ?? ''}'` };
  const fits = command.arity > 0 ? words.length === command.arity : words.length >= -command.arity;
  if (!fits)
    return { error: `ERR wrong number of arguments for '${command.name.toLowerCase().replace(' ', '|')}' command` };
  return command;
}

function isFailure(reply: ModelReply): reply is Failure {
  return typeof reply === 'object' && reply !== null && 'error' in reply;
}
