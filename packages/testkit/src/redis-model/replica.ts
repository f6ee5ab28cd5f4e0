/**
 * A replica: a server that carries out the stream of another one, and may become a master.
 *
 * It applies whole units only. Its stream has the bytes of its master's at the same offsets, so that other replicas can go on
 * with either. It deletes nothing by itself: what has expired is hidden from its clients until the stream deletes it. Its
 * clients cannot write.
 */
import { argumentCount, argumentText, StreamDecoder } from '@entwine/core';
import { type ModelClient, RedisModel, type RedisModelOptions } from './redis-model.ts';
import { ReplicationLog, type ResumePoint } from './replication-log.ts';
import type { Snapshot } from './snapshot.ts';

/** Commands of the stream that change no keys. */
const idle: ReadonlySet<string> = new Set(['PING', 'REPLCONF', 'PUBLISH', 'SPUBLISH']);

export type ModelReplicaOptions = Omit<RedisModelOptions, 'replicationId'>;

/** One replica, as long as it follows one stream. */
export class ModelReplica {
  /** What its clients are connected to. */
  readonly server: RedisModel;
  readonly #link: ModelClient;
  #decoder: StreamDecoder;
  /** Bytes that came behind the last unit carried out. */
  #ahead: Uint8Array[] = [];
  /** Commands of a transaction that has not come to its end. */
  #block: (readonly string[])[] | undefined;
  #isPromoted = false;

  /** @param server - taken over: its clients stay connected */
  private constructor(server: RedisModel, db: number) {
    server.role = 'replica';
    server.log.selected = db;
    this.server = server;
    this.#link = { ...server.connect(), db };
    this.#decoder = new StreamDecoder(server.log.end);
  }

  /** A replica that a full resynchronization has given these keys, or its own RDB: then it is to be disconnected first. */
  static start(snapshot: Snapshot, options: ModelReplicaOptions): ModelReplica {
    const { keyspace, replicationId, offset, db } = snapshot;
    const log = new ReplicationLog(replicationId, offset, options.backlogBytes);
    return new ModelReplica(new RedisModel({ ...options, replicationId }, { keyspace: keyspace.copy(), log }), db);
  }

  /** A master that becomes a replica. What it asks its new master for is the end of its own stream. */
  static demote(master: RedisModel): ModelReplica {
    const replica = new ModelReplica(master, 0);
    replica.disconnect();
    return replica;
  }

  /** The place behind the last unit carried out: from there it goes on. */
  get place(): ResumePoint {
    const { replicationId, end } = this.server.log;
    return { replicationId, offset: end };
  }

  /** Takes the bytes that follow, cut anywhere. */
  feed(bytes: Uint8Array): void {
    if (!this.server.isLinked || this.#isPromoted) throw new Error('this server follows no stream');
    this.#ahead.push(bytes);
    this.#decoder.push(bytes);
    let done = 0;
    for (;;) {
      const command = this.#decoder.next();
      if (command === undefined) break;
      if (!('spans' in command)) throw new Error(`the stream cannot be read: ${command.message}`);
      const words = Array.from({ length: argumentCount(command) }, (_, at) => argumentText(command, at));
      if (this.#take(command.name, words)) done = command.end;
    }
    if (done > 0) this.#keep(done);
  }

  /** The link is lost: what came of a unit that is not whole is dropped. */
  disconnect(): void {
    this.server.isLinked = false;
    this.#ahead = [];
    this.#block = undefined;
    this.#decoder = new StreamDecoder(this.server.log.end);
  }

  /** The master lets it go on (`+CONTINUE`), under an id that may be new. */
  continueAs(replicationId: string): void {
    this.disconnect();
    const { log } = this.server;
    if (replicationId !== log.replicationId) log.begin(replicationId);
    log.selected = this.#link.db;
    this.server.isLinked = true;
  }

  /** It becomes a master (`REPLICAOF NO ONE`). Its history up to here stays valid under the id that it had. */
  promote(replicationId: string): RedisModel {
    this.disconnect();
    this.#isPromoted = true;
    this.server.isLinked = true;
    this.server.role = 'master';
    this.server.log.begin(replicationId);
    return this.server;
  }

  /** Takes a command; whether a unit has ended with it. */
  #take(name: string, words: readonly string[]): boolean {
    if (name === 'MULTI') {
      this.#block = [];
      return false;
    }
    if (name === 'EXEC') {
      const block = this.#block ?? [];
      this.#block = undefined;
      this.server.obey(this.#link, block);
      return true;
    }
    if (this.#block !== undefined) this.#block.push(words);
    else if (!idle.has(name)) this.server.obey(this.#link, [words]);
    return this.#block === undefined;
  }

  /** Appends to the own stream what is carried out: the bytes ahead up to an offset. */
  #keep(offset: number): void {
    const { log } = this.server;
    const ahead = this.#ahead;
    while (log.end < offset) {
      const bytes = ahead[0]!;
      const left = offset - log.end;
      if (bytes.length <= left) ahead.shift();
      else ahead[0] = bytes.subarray(left);
      log.append(bytes.length <= left ? bytes : bytes.subarray(0, left));
    }
    log.selected = this.#link.db;
  }
}
