/**
 * What applications do with keys that expire soon: rate limiters and locks, on keys of their own.
 *
 * A limiter is counted up and given an expiry in one transaction, where it has none; a lock is taken with an expiry where it
 * is free, and renewed or released by who holds it. So none of these keys is ever to be seen without an expiry.
 */
import type { ModelReply, RedisModel } from '@entwine/testkit';
import type { Random } from '../../apps/demo/src/lab/index.ts';
import type { Words } from '../differential/row.ts';
import type { SimSite } from './sim-site.ts';

/** Told a command that a site executes, with its reply. */
export type Tell = (site: string, db: number, words: Words, reply: ModelReply) => void;

/** How many keys there are of a kind. */
const keysOfAKind = 3;

/** The limiters and locks of one world. */
export class Limiters {
  readonly #random: Random;
  readonly #longestMs: number;
  /** Whether the database that they are in is flushed now and then. */
  readonly areFlushed: boolean;
  #taken = 0;

  constructor(random: Random, areFlushed: boolean) {
    this.#random = random;
    this.areFlushed = areFlushed;
    this.#longestMs = random.pick([20, 150, 1500, 10_000]);
  }

  /** Perhaps, an application uses one of them. */
  use(site: SimSite, tell: Tell): void {
    const random = this.#random;
    if (!random.chance(0.4)) return;
    const { redis, client } = site;
    const call = (...words: string[]): ModelReply => {
      const at = client.db;
      const reply = redis.execute(client, words);
      tell(site.name, at, words, reply);
      return reply;
    };
    call('SELECT', '0');
    if (random.chance(0.6)) this.#count(call);
    else this.#lock(call, site.name);
  }

  #count(call: (...words: string[]) => ModelReply): void {
    const key = `limit${this.#random.integer(1, keysOfAKind)}`;
    const kind = this.#random.pick(['string', 'first', 'hash', 'zset']);
    if (kind === 'first') {
      // The other way to write it: only who made the counter gives it an expiry.
      call('MULTI');
      call('SET', `${key}:first`, '0', 'PX', this.#ttl(), 'NX');
      call('INCR', `${key}:first`);
      call('EXEC');
      return;
    }
    call('MULTI');
    if (kind === 'string') call('INCR', `${key}:string`);
    else if (kind === 'hash') call('HINCRBY', `${key}:hash`, this.#random.pick(['x', 'y']), '1');
    else call('ZADD', `${key}:zset`, String(++this.#taken), `hit ${this.#taken}`);
    call('PEXPIRE', `${key}:${kind}`, this.#ttl(), ...(kind === 'zset' ? [] : ['NX']));
    call('EXEC');
  }

  #lock(call: (...words: string[]) => ModelReply, site: string): void {
    const key = `lock${this.#random.integer(1, keysOfAKind)}`;
    const held = call('GET', key);
    if (typeof held !== 'string' || !held.startsWith(`${site} `))
      call('SET', key, `${site} ${++this.#taken}`, 'PX', this.#ttl(), 'NX');
    else if (this.#random.chance(0.5)) call('DEL', key);
    else call('PEXPIRE', key, this.#ttl());
  }

  #ttl(): string {
    return String(this.#random.integer(1, this.#longestMs));
  }

  /** What is wrong with them at a site. */
  check(name: string, { keyspace }: RedisModel): string[] {
    const wrong: string[] = [];
    for (const { db, key, stored } of keyspace) {
      if (db !== 0 || !/^(?:limit|lock)\d/.test(key) || stored.expireAt >= 0) continue;
      wrong.push(`${name}: ${key} has no expiry`);
    }
    return wrong;
  }
}
