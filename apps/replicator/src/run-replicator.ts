/**
 * The life of one replicator process: serve HTTP, open and start the shard, wait for its end, stop in time.
 *
 * Rules: the outcome is a value (`ExitName`); it ends no process, installs no signal handler and writes nothing but log
 * lines. A shard that requires a resynchronisation stays up for inspection; one that was superseded or has failed ends.
 * When a stop was asked for, the outcome comes within `stopDeadlineMs`, whatever hangs.
 */
import type { EngineEvent } from '@entwine/engine';
import { classifyError } from './classify-error.ts';
import { formatAddress } from './config/address.ts';
import type { Config } from './config/config.ts';
import { configSecrets } from './config/config-secrets.ts';
import type { ExitName } from './exit-codes.ts';
import { type HttpServer, serveHttp } from './http/serve-http.ts';
import type { Logger } from './logger.ts';
import { createRedactor } from './redactor.ts';
import { type OpenShard, openShard, type Shard } from './shard.ts';

/** What a replicator is run with. */
export interface RunOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Aborted to stop: drains, commits, ends as `ok`. */
  readonly signal: AbortSignal;
  /** From the abort to the outcome at most, in ms. @defaultValue 4500 */
  readonly stopDeadlineMs?: number;
  /** Makes the shard; tests put in their own. @defaultValue wires the engine to its adapters */
  readonly open?: OpenShard;
  /** Told once where HTTP is served. */
  readonly onListening?: (address: string) => void;
}

/** Runs until stopped, halted or failed. Never rejects for what the world does; the log line comes before the outcome. */
export async function runReplicator(options: RunOptions): Promise<ExitName> {
  const life = new Life(options);
  const deadline = stopDeadline(options);
  try {
    return await Promise.race([life.run(), deadline.expired]);
  } finally {
    deadline.clear();
  }
}

/** What the steps of one run share. */
class Life {
  readonly #options: RunOptions;
  readonly #ended: PromiseWithResolvers<ExitName> = Promise.withResolvers<ExitName>();
  #shard: Shard | undefined;
  #stopping = false;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  async run(): Promise<ExitName> {
    const { signal, log } = this.#options;
    const asked = (): void => {
      this.#stopping = true;
      this.#ended.resolve('ok');
    };
    if (signal.aborted) asked();
    signal.addEventListener('abort', asked, { once: true });
    let http: HttpServer | undefined;
    try {
      http = await this.#serve();
      await this.#start();
      const outcome = await this.#ended.promise;
      this.#stopping = true;
      await this.#shard?.stop();
      log('info', outcome === 'ok' ? 'stopped' : 'ended', { outcome });
      return outcome;
    } catch (error) {
      return this.#fail(error);
    } finally {
      signal.removeEventListener('abort', asked);
      await http?.close();
    }
  }

  async #serve(): Promise<HttpServer> {
    const { config, log, onListening } = this.#options;
    const view = {
      site: config.site,
      shard: config.shard,
      status: () => this.#shard?.status(),
      conflicts: (before: number, most: number) => this.#shard?.conflicts(before, most),
      declareOut: (site: string) => this.#shard?.declareOut(site),
      stopping: () => this.#stopping,
    };
    const http = await serveHttp(config.http.listen, view, createRedactor(configSecrets(config)));
    const address = formatAddress(http.address);
    log('info', 'serving health, status and metrics', { http: address });
    onListening?.(address);
    return http;
  }

  /** Opens the shard and lets it start in the background: it may take as long as Redis is away. */
  async #start(): Promise<void> {
    const open = this.#options.open ?? openShard;
    const shard = await open(this.#options.config, {
      onEvent: (event) => this.#event(event),
      onHalt: (state) => this.#halt(state),
    });
    this.#shard = shard;
    if (this.#stopping) return;
    shard.start().catch((error: unknown) => {
      if (!this.#stopping) this.#ended.resolve(this.#fail(error));
    });
  }

  #event(event: EngineEvent): void {
    this.#options.log(event.level, event.message, event.fields);
  }

  /** The engine has reported why as an error; this says what follows. */
  #halt(state: 'resync-required' | 'superseded' | 'failed'): void {
    const follows = {
      'resync-required': 'nothing is shipped or applied; the process stays up, not ready, for inspection',
      superseded: 'ending: another replicator of this site runs',
      failed: 'ending',
    }[state];
    this.#options.log('info', follows, { state });
    if (state !== 'resync-required') this.#ended.resolve(state);
  }

  #fail(error: unknown): ExitName {
    const outcome = classifyError(error);
    const message = error instanceof Error ? error.message : String(error);
    this.#options.log(outcome === 'unexpected' ? 'fatal' : 'error', message, { outcome, error });
    return outcome;
  }
}

/** Its promise resolves only when a stop was asked for and has taken too long; `clear` forgets about it. */
function stopDeadline(options: RunOptions): { readonly expired: Promise<ExitName>; clear(): void } {
  const { signal, log, stopDeadlineMs = 4_500 } = options;
  const { promise, resolve } = Promise.withResolvers<ExitName>();
  let timer: NodeJS.Timeout | undefined;
  const expire = (): void => {
    log('error', `not stopped after ${stopDeadlineMs} ms; giving up`, { outcome: 'stopTimeout' });
    resolve('stopTimeout');
  };
  const arm = (): void => {
    timer = setTimeout(expire, stopDeadlineMs);
  };
  if (signal.aborted) arm();
  else signal.addEventListener('abort', arm, { once: true });
  const clear = (): void => {
    signal.removeEventListener('abort', arm);
    clearTimeout(timer);
  };
  return { expired: promise, clear };
}
