/**
 * `KeyspaceEvents` over RESP3: the events of the site's master, found anew whenever the connection is lost, the server is
 * no longer the master, or its setting no longer serves.
 *
 * Rules: events are lost from the end of one connection until the first fence of the next. Every failed attempt is one
 * `lost`; then a pause with jitter, and again, for ever. The server's configuration is changed only with `setNotify`, and
 * only by adding flags. The master is also asked without being told to, so that a silent connection does not hide that
 * it has been demoted or is gone.
 */
import type { KeyspaceEventSink, KeyspaceEvents } from '@entwine/core';
import { Backoff } from '../backoff.ts';
import { discover } from '../discovery/discover.ts';
import type { RedisEndpoint } from '../redis-endpoint.ts';
import { RedisError } from '../redis-error.ts';
import { type After, type Random, sleep, systemAfter } from '../timers.ts';
import { EventConnection } from './event-connection.ts';

/** How to reach the master. */
export interface KeyspaceEventsOptions {
  /** Any nodes of the site; the master is found through them. */
  readonly redis: readonly RedisEndpoint[];
  /** Add the flags that notify-keyspace-events lacks (CONFIG SET). @defaultValue false: they are required */
  readonly setNotify?: boolean;
  /** Milliseconds between questions nobody asked for. @defaultValue 1000 */
  readonly checkInterval?: number;
  /** Milliseconds to connect. @defaultValue 2000 */
  readonly connectTimeout?: number;
  /** Milliseconds for each answer; a later one ends the connection. @defaultValue 5000 */
  readonly commandTimeout?: number;
  /** @defaultValue Math.random */
  readonly random?: Random;
  /** @defaultValue setTimeout */
  readonly after?: After;
}

/** The keyspace events of a site's master. */
export function createKeyspaceEvents(options: KeyspaceEventsOptions): KeyspaceEvents {
  return new RedisKeyspaceEvents(options);
}

class RedisKeyspaceEvents implements KeyspaceEvents {
  readonly #options: KeyspaceEventsOptions;
  readonly #after: After;
  readonly #backoff: Backoff;
  readonly #closing: AbortController = new AbortController();
  #sink: KeyspaceEventSink | undefined;
  #connection: EventConnection | undefined;
  #running: Promise<void> | undefined;

  constructor(options: KeyspaceEventsOptions) {
    this.#options = options;
    this.#after = options.after ?? systemAfter;
    this.#backoff = new Backoff(options.random ?? Math.random);
  }

  start(sink: KeyspaceEventSink): void {
    if (this.#running) throw new Error('these events were started before; create others');
    this.#sink = sink;
    this.#running = this.#run(sink);
  }

  sync(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    this.#connection?.ask((fence) => {
      if (!this.#closing.signal.aborted) sink.fence(fence);
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#connection?.end(new RedisError('disconnected', 'the events were closed'));
    await this.#running;
  }

  async #run(sink: KeyspaceEventSink): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const reason = await this.#attempt(sink);
      if (signal.aborted) return;
      sink.lost(reason.message);
      await sleep(this.#backoff.next(), this.#after, signal);
    }
  }

  /** Connects and stays so; resolves with the reason why not, or no longer. */
  async #attempt(sink: KeyspaceEventSink): Promise<RedisError> {
    const { redis, setNotify = false, connectTimeout = 2000, commandTimeout = 5000 } = this.#options;
    const { signal } = this.#closing;
    const deadlines = { connectTimeout, commandTimeout, signal };
    try {
      const { master } = await discover({ ...deadlines, redis, capture: 'master' });
      const connection = await EventConnection.open(master, sink, { ...deadlines, setNotify, after: this.#after });
      let stopChecks = (): void => {};
      connection.ask((fence) => {
        this.#backoff.reset();
        this.#connection = connection;
        sink.restored(fence);
        stopChecks = this.#check(connection);
      });
      const reason = await connection.ended;
      stopChecks();
      return reason;
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    } finally {
      this.#connection = undefined;
    }
  }

  /** Asks every now and then. Returns what stops it. */
  #check(connection: EventConnection): () => void {
    const { checkInterval = 1000 } = this.#options;
    let cancel = this.#after(checkInterval, next);
    const after = this.#after;
    function next(): void {
      connection.ask(() => {});
      cancel = after(checkInterval, next);
    }
    return () => cancel();
  }
}
