/**
 * A `Source` over PSYNC: what a server's replicas see, read by us.
 *
 * Rules: every attempt discovers anew, asks the sink where to resume, attaches, and reads until the connection ends;
 * then `detached`, a pause with jitter, and again, for ever. Every failed attempt is one `detached`, every successful
 * one `attached` first. After `close` the sink hears nothing more. Chunks are the socket's own buffers, which node
 * allocates afresh for every read, so the sink may keep them. It parses no stream bytes and keeps no position.
 */
import type { Position, Source, SourceSink } from '@entwine/core';
import { Backoff } from '../backoff.ts';
import { Connection, type ConnectionOptions } from '../connection/connection.ts';
import type { CaptureMode } from '../discovery/choose.ts';
import { discover } from '../discovery/discover.ts';
import type { NodeInfo } from '../discovery/parse-info.ts';
import type { RedisEndpoint } from '../redis-endpoint.ts';
import { RedisError } from '../redis-error.ts';
import { type After, type Random, sleep, systemAfter } from '../timers.ts';
import { shakeHands } from './handshake.ts';
import { PsyncSession } from './psync-session.ts';

/** How to capture a site. */
export interface PsyncSourceOptions {
  /** Any nodes of the site; credentials of one serve for those it announces. */
  readonly redis: readonly RedisEndpoint[];
  /** Where to capture. @defaultValue 'auto' */
  readonly capture?: CaptureMode;
  /** Reconnect when nothing arrives for so many milliseconds. Masters say something every 10 s. @defaultValue 60000 */
  readonly idleTimeout?: number;
  /** Milliseconds between acknowledgements. @defaultValue 1000 */
  readonly ackInterval?: number;
  /** Milliseconds to connect. @defaultValue 2000 */
  readonly connectTimeout?: number;
  /** Milliseconds for each answer before the stream. @defaultValue 5000 */
  readonly commandTimeout?: number;
  /** @defaultValue Math.random */
  readonly random?: Random;
  /** @defaultValue setTimeout */
  readonly after?: After;
}

/** A source that attaches to a node of the site as a replica that nobody sees. */
export function createPsyncSource(options: PsyncSourceOptions): Source {
  return new PsyncSource(options);
}

class PsyncSource implements Source {
  readonly #options: PsyncSourceOptions;
  readonly #after: After;
  readonly #backoff: Backoff;
  readonly #closing: AbortController = new AbortController();
  #session: PsyncSession | undefined;
  #endSession: (error: RedisError) => void = () => {};
  #paused = false;
  #running: Promise<void> | undefined;

  constructor(options: PsyncSourceOptions) {
    this.#options = options;
    this.#after = options.after ?? systemAfter;
    this.#backoff = new Backoff(options.random ?? Math.random);
  }

  start(sink: SourceSink): void {
    if (this.#running) throw new Error('this source was started before; create another one');
    this.#running = this.#run(sink);
  }

  pause(): void {
    this.#paused = true;
    this.#session?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#session?.resume();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#endSession(new RedisError('disconnected', 'the source was closed'));
    await this.#running;
  }

  async #run(sink: SourceSink): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const error = await this.#attempt(sink);
      if (signal.aborted) return;
      sink.detached(error);
      await sleep(this.#backoff.next(), this.#after, signal);
    }
  }

  /** One attempt, until it ends; why it ended is a value. */
  async #attempt(sink: SourceSink): Promise<RedisError> {
    const resume = sink.resumeFrom();
    try {
      const connection = await this.#connect(resume);
      const info = await shakeHands(connection).catch((error: unknown) => {
        connection.close();
        throw error;
      });
      return await this.#read(sink, resume, connection, info);
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    }
  }

  async #connect(resume: Position | null): Promise<Connection> {
    const { redis, connectTimeout = 2000, commandTimeout = 5000, capture = 'auto' } = this.#options;
    const connecting: ConnectionOptions = { connectTimeout, commandTimeout, signal: this.#closing.signal };
    const found = await discover({ ...connecting, redis, capture, resume });
    return Connection.open(found.capture, connecting);
  }

  async #read(sink: SourceSink, resume: Position | null, connection: Connection, info: NodeInfo): Promise<RedisError> {
    const { idleTimeout = 60_000, ackInterval = 1000 } = this.#options;
    try {
      return await new Promise<RedisError>((failed) => {
        const attached = (): void => this.#backoff.reset();
        const after = this.#after;
        const session = new PsyncSession(
          { connection, info, sink, resume, idleTimeout, ackInterval, after, attached, failed },
          this.#paused,
        );
        this.#session = session;
        this.#endSession = failed;
        session.start();
      });
    } finally {
      this.#session?.close();
      this.#session = undefined;
      this.#endSession = () => {};
    }
  }
}
