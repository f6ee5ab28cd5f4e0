/**
 * A `Target` over ioredis: the master of a site, found anew whenever the connection is lost or it turns read-only.
 *
 * Rules: calls never wait for a connection: without one they fail at once with `sent: false`, and the caller decides.
 * Nothing is repeated. The connection is made in the background, with jittered pauses, until `close`. It knows nothing
 * of what the scripts do.
 */
import type { Target, TargetFailure, TargetReply } from '@entwine/core';
import { Backoff } from '../backoff.ts';
import { discover } from '../discovery/discover.ts';
import type { RedisEndpoint } from '../redis-endpoint.ts';
import { RedisError, type RedisErrorCode } from '../redis-error.ts';
import { type After, type Random, sleep, systemAfter } from '../timers.ts';
import { TargetConnection } from './target-connection.ts';

/** How to reach the master and what to run there. */
export interface TargetOptions {
  /** Any nodes of the site; the master is found through them. */
  readonly redis: readonly RedisEndpoint[];
  /** The apply script: one key, then arguments. */
  readonly script: string;
  /** The same for calls that only free memory: with `#!lua flags=allow-oom` as its first line. */
  readonly freeingScript: string;
  /** Milliseconds to connect. @defaultValue 2000 */
  readonly connectTimeout?: number;
  /** Milliseconds for each answer, and one for every kilobyte before it; a later one counts as lost. @defaultValue 5000 */
  readonly commandTimeout?: number;
  /** @defaultValue Math.random */
  readonly random?: Random;
  /** @defaultValue setTimeout */
  readonly after?: After;
}

/** A target that connects to the site's master at once and stays connected until closed. */
export function createTarget(options: TargetOptions): Target {
  return new RedisTarget(options);
}

class RedisTarget implements Target {
  readonly #options: TargetOptions;
  readonly #after: After;
  readonly #backoff: Backoff;
  readonly #closing: AbortController = new AbortController();
  #connection: TargetConnection | undefined;
  #reason: RedisError = new RedisError('disconnected', 'the target is not connected yet');
  readonly #running: Promise<void>;

  constructor(options: TargetOptions) {
    this.#options = options;
    this.#after = options.after ?? systemAfter;
    this.#backoff = new Backoff(options.random ?? Math.random);
    this.#running = this.#run();
  }

  apply(key: string, args: readonly (string | Uint8Array)[], freeing: boolean): Promise<TargetReply> {
    if (this.#connection) return this.#connection.run(key, args, freeing);
    const { code, message } = this.#reason;
    return Promise.resolve({ ok: false, sent: false, code: failureOf[code] ?? 'unreachable', message });
  }

  async readHash(key: string): Promise<Map<string, string>> {
    if (!this.#connection) throw this.#reason;
    return this.#connection.readHash(key);
  }

  async library(name: string, code: Uint8Array | null): Promise<string | undefined> {
    if (!this.#connection) throw this.#reason;
    return this.#connection.library(name, code);
  }

  async close(): Promise<void> {
    this.#reason = new RedisError('disconnected', 'the target was closed');
    this.#closing.abort();
    this.#connection?.end(this.#reason);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const reason = await this.#attempt();
      this.#connection = undefined;
      if (signal.aborted) return;
      this.#reason = reason;
      await sleep(this.#backoff.next(), this.#after, signal);
    }
  }

  /** Connects and stays so; resolves with the reason why not, or no longer. */
  async #attempt(): Promise<RedisError> {
    const { redis, script, freeingScript, connectTimeout = 2000, commandTimeout = 5000 } = this.#options;
    const { signal } = this.#closing;
    try {
      const found = await discover({ redis, capture: 'master', connectTimeout, commandTimeout, signal });
      const options = { script, freeingScript, connectTimeout, commandTimeout, after: this.#after, signal };
      const connection = await TargetConnection.open(found.master, options);
      this.#connection = connection;
      this.#backoff.reset();
      return await connection.ended;
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    }
  }
}

/** Reasons that tell more than that nobody is there. */
const failureOf: Partial<Record<RedisErrorCode, TargetFailure['code']>> = {
  loading: 'loading',
  busy: 'busy',
  denied: 'denied',
  'not-authenticated': 'denied',
  refused: 'refused',
};
