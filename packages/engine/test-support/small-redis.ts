/** The model of Redis in the few words that tests of the engine need. */
import type { TargetReply } from '@entwine/core';
import { type ModelClient, type ModelValue, RedisModel, runApplyScript, targetReply } from '@entwine/testkit';

/** One master. */
export class SmallRedis {
  readonly model: RedisModel;
  readonly #client: ModelClient;
  /** Unix milliseconds; a site that uses it sets it right. */
  now: () => number = () => 0;

  constructor() {
    this.model = new RedisModel({ replicationId: 'f'.repeat(40), now: () => this.now(), random: () => 0.5 });
    this.#client = this.model.connect();
  }

  get replicationId(): string {
    return this.model.log.replicationId;
  }

  /** Where its stream ends. */
  get offset(): number {
    return this.model.log.end;
  }

  /** Bytes of the stream from an offset on. */
  bytes(from: number): Uint8Array {
    return this.model.log.bytes(from);
  }

  /** Runs commands of a client as one unit. @throws when one is refused */
  execute(db: number, commands: readonly (readonly string[])[]): void {
    const words = commands.length === 1 ? commands : [['MULTI'], ...commands, ['EXEC']];
    this.#client.db = db;
    const reply = words.map((command) => this.model.execute(this.#client, command)).at(-1);
    for (const one of Array.isArray(reply) ? reply : [reply])
      if (one !== null && typeof one === 'object' && 'error' in one) throw new Error(one.error);
  }

  /** The apply script. */
  script(marker: string, argv: readonly string[]): TargetReply {
    return targetReply(runApplyScript(this.model, marker, argv));
  }

  /** A hash of database 0; empty when there is none. */
  hash(key: string): Map<string, string> {
    const value = this.model.keyspace.db(0).get(key)?.value;
    if (value !== undefined && value.type !== 'hash') throw new Error('WRONGTYPE not a hash');
    return new Map(value?.fields);
  }

  /** Every key as text; reserved ones left out. */
  dump(): Map<string, string> {
    const all = new Map<string, string>();
    for (const { db, key, stored } of this.model.keyspace) {
      if (key.startsWith('entwine:{')) continue;
      all.set(`${db} ${key}`, `${stored.value.type} ${textOf(stored.value)} ttl ${stored.expireAt}`);
    }
    return all;
  }
}

function textOf(value: ModelValue): string {
  switch (value.type) {
    case 'string':
      return value.text;
    case 'list':
      return JSON.stringify(value.items);
    case 'hash':
      return JSON.stringify([...value.fields].sort());
    case 'set':
      return JSON.stringify([...value.members].sort());
    case 'zset':
      return JSON.stringify([...value.scores].sort());
    case 'stream':
      throw new Error('streams are not shown');
  }
}
