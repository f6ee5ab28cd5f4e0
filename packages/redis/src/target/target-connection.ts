/**
 * One connection to a master, with the apply scripts loaded.
 *
 * Rules: calls reach the server in the order they are made, once each; nothing is sent again after a lost connection. A
 * script that the server forgot (SCRIPT FLUSH) is loaded again: calls made meanwhile wait, and the calls it had turned
 * away run again in order, but only if none that was made after them has run already; otherwise they fail. A call that
 * gets no answer in time ends the connection, because its successors stand behind it; the time is longer by what has to
 * be sent and run before it. READONLY ends it too, once what is in flight has been answered. It never reconnects: the
 * target does, after discovering anew.
 */
import { everyLibrary, type TargetFailure, type TargetReply } from '@entwine/core';
import { Redis, type RedisOptions } from 'ioredis';
import { encodeText } from '../connection/encode-text.ts';
import { endpointName, type RedisEndpoint } from '../redis-endpoint.ts';
import { errorOfReply, RedisError, redact } from '../redis-error.ts';
import type { After } from '../timers.ts';
import { CommandEncoder, encodeHead } from './command-encoder.ts';
import { EncodedCommand } from './encoded-command.ts';
import { failureCode } from './failure-code.ts';

/** The scripts and deadlines of a connection. */
export interface TargetConnectionOptions {
  readonly script: string;
  readonly freeingScript: string;
  readonly connectTimeout: number;
  readonly commandTimeout: number;
  readonly after: After;
  /** Ends the connection, also while it is being made. */
  readonly signal: AbortSignal;
}

/** A reply as ioredis gives it. */
type RawReply = Buffer | string | number | null | RawReply[];

/** What a link and a server get through at the least, in bytes a millisecond: it adds to the time for an answer. */
const slowestPace = 1_000;

interface Call {
  readonly bytes: Buffer;
  readonly resolve: (reply: TargetReply) => void;
  sent: boolean;
}

const noBytes = Buffer.alloc(0);

/** A ready connection. */
export class TargetConnection {
  readonly #endpoint: RedisEndpoint;
  readonly #options: TargetConnectionOptions;
  readonly #redis: Redis;
  readonly #encoder: CommandEncoder = new CommandEncoder();
  #heads: { readonly plain: Buffer; readonly freeing: Buffer } = { plain: noBytes, freeing: noBytes };
  readonly #inFlight: Set<Call> = new Set();
  #bytesInFlight = 0;
  /** Calls that found no script, oldest first; undefined while scripts are there. */
  #turnedAway: Call[] | undefined;
  #overtaken = false;
  #waiting: Call[] = [];
  #retired = false;
  #over: RedisError | undefined;
  #socketError: Error | undefined;
  #reportEnd: (error: RedisError) => void = () => {};
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<RedisError>;

  private constructor(endpoint: RedisEndpoint, options: TargetConnectionOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#reportEnd = resolve;
    });
    this.#redis = new Redis(ioredisOptions(endpoint, options.connectTimeout));
    this.#redis.on('error', (error: Error) => {
      this.#socketError = error;
    });
    this.#redis.on('end', () => this.end(this.#lost()));
  }

  /** Connects, signs in and loads the scripts. */
  static async open(endpoint: RedisEndpoint, options: TargetConnectionOptions): Promise<TargetConnection> {
    const connection = new TargetConnection(endpoint, options);
    const abort = (): void => connection.end(connection.#lost());
    options.signal.addEventListener('abort', abort, { once: true });
    connection.ended.then(() => options.signal.removeEventListener('abort', abort));
    try {
      if (options.signal.aborted) throw connection.#lost();
      await connection.#redis.connect().catch(() => {
        throw connection.#lost();
      });
      await connection.#signIn();
      await connection.#loadScripts();
      return connection;
    } catch (error) {
      connection.end(error instanceof RedisError ? error : connection.#lost());
      throw error;
    }
  }

  /** Runs a script. Never rejects. */
  run(key: string, args: readonly (string | Uint8Array)[], freeing: boolean): Promise<TargetReply> {
    if (this.#over) return Promise.resolve(this.#failure(false, 'unreachable', this.#over.message));
    if (this.#retired) return Promise.resolve(this.#failure(false, 'readonly', 'looking for the new master'));
    const bytes = this.#encoder.encode(freeing ? this.#heads.freeing : this.#heads.plain, 3, key, args);
    return new Promise((resolve) => {
      const call: Call = { bytes, resolve, sent: false };
      if (this.#turnedAway) this.#waiting.push(call);
      else this.#send(call);
    });
  }

  /** Reads a hash. Rejects with a `RedisError`. */
  async readHash(key: string): Promise<Map<string, string>> {
    if (this.#over) throw this.#over;
    if (this.#turnedAway) throw this.#reloading();
    const bytes = this.#encoder.encode(encodeHead(['HGETALL']), 1, key, []);
    const reply = await this.#question(bytes, 'HGETALL');
    const fields = new Map<string, string>();
    if (!Array.isArray(reply)) return fields;
    for (let i = 0; i + 1 < reply.length; i += 2) fields.set(textOf(reply[i]!), textOf(reply[i + 1]!));
    return fields;
  }

  /** Loads or deletes a function library, or deletes all (`*`); resolves with the server's refusal, if it refuses. */
  async library(name: string, code: Uint8Array | null): Promise<string | undefined> {
    if (this.#over) throw this.#over;
    try {
      await this.#question(this.#encoder.encode(...libraryCall(name, code)), 'FUNCTION');
      return undefined;
    } catch (error) {
      if (!(error instanceof RedisError) || (error.code !== 'refused' && error.code !== 'denied')) throw error;
      return code === null && /library not found/i.test(error.message) ? undefined : error.message;
    }
  }

  /** Ends the connection: what is in flight fails as sent, what waits as not sent. */
  end(error: RedisError): void {
    if (this.#over) return;
    this.#over = error;
    this.#redis.disconnect();
    this.#redis.stream?.destroy();
    const calls = [...(this.#turnedAway ?? []), ...this.#inFlight, ...this.#waiting];
    this.#inFlight.clear();
    for (const call of calls) call.resolve(this.#failure(call.sent, 'unreachable', error.message));
    this.#reportEnd(error);
  }

  #send(call: Call): void {
    const command = new EncodedCommand(call.bytes);
    this.#inFlight.add(call);
    this.#bytesInFlight += call.bytes.length;
    const patience = this.#patience();
    const cancel = this.#options.after(patience, () => this.end(this.#late('EVALSHA', patience)));
    const answer: Promise<RawReply> = this.#redis.sendCommand(command) as Promise<RawReply>;
    call.sent = command.written;
    answer.then(
      (reply) => {
        cancel();
        this.#answered(call, replyOf(reply));
      },
      (error: Error) => {
        cancel();
        this.#rejected(call, error);
      },
    );
  }

  #rejected(call: Call, error: Error): void {
    if (this.#over) return;
    if (!isReply(error)) {
      // The socket is going down; `end` follows and resolves the others.
      this.#answered(call, this.#failure(call.sent, 'unreachable', error.message));
    } else if (error.message.startsWith('NOSCRIPT')) {
      this.#inFlight.delete(call);
      this.#bytesInFlight -= call.bytes.length;
      this.#turnedAway ??= [];
      this.#turnedAway.push(call);
      this.#settleTurnedAway();
    } else {
      const code = failureCode(error.message);
      if (code === 'readonly') this.#retired = true;
      this.#answered(call, this.#failure(call.sent, code, error.message));
    }
  }

  #answered(call: Call, reply: TargetReply): void {
    if (!this.#inFlight.delete(call)) return;
    this.#bytesInFlight -= call.bytes.length;
    if (this.#turnedAway) this.#overtaken = true;
    call.resolve(reply);
    this.#settleTurnedAway();
    if (this.#retired && this.#inFlight.size === 0) {
      const name = endpointName(this.#endpoint);
      this.end(new RedisError('refused', `${name} is no longer the master (READONLY); looking for the new one`));
    }
  }

  /** When all that was in flight is answered: loads the scripts and runs again what had found none. */
  #settleTurnedAway(): void {
    const calls = this.#turnedAway;
    if (!calls || calls.length === 0 || this.#inFlight.size > 0) return;
    const again = this.#overtaken ? [] : calls;
    if (this.#overtaken) {
      const why = 'the script was unloaded while later calls ran; the marker tells what was applied';
      for (const call of calls) call.resolve(this.#failure(true, 'refused', why));
      this.#turnedAway = [];
    }
    this.#overtaken = false;
    this.#loadScripts().then(
      () => {
        const queue = [...again, ...this.#waiting];
        this.#turnedAway = undefined;
        this.#waiting = [];
        for (const call of queue) this.#send(call);
      },
      (error: unknown) => this.end(error instanceof RedisError ? error : this.#lost()),
    );
  }

  async #signIn(): Promise<void> {
    const { username, password } = this.#endpoint;
    if (password === undefined) return;
    const words = username === undefined ? ['AUTH', password] : ['AUTH', username, password];
    try {
      await this.#question(encodeText(words), 'AUTH');
    } catch (error) {
      if (!(error instanceof RedisError) || !/without any password|no password is set/.test(error.message)) throw error;
    }
  }

  async #loadScripts(): Promise<void> {
    const { script, freeingScript } = this.#options;
    const load = (text: string): Promise<RawReply> =>
      this.#question(encodeText(['SCRIPT', 'LOAD', text]), 'SCRIPT LOAD');
    const plain = textOf(await load(script));
    // Before Redis 7 a script with a shebang does not compile; what frees memory then runs like the rest.
    const freeing = await load(freeingScript).then(textOf, (error: RedisError) => {
      if (error.code !== 'refused') throw error;
      return plain;
    });
    const head = (sha: string): Buffer => encodeHead(['EVALSHA', sha, '1']);
    this.#heads = { plain: head(plain), freeing: head(freeing) };
  }

  /** Sends one command that is not an apply; rejects with a `RedisError`. */
  #question(bytes: Buffer, what: string): Promise<RawReply> {
    return new Promise((resolve, reject) => {
      const patience = this.#patience();
      const cancel = this.#options.after(patience, () => {
        this.end(this.#late(what, patience));
        reject(this.#over);
      });
      const answer: Promise<RawReply> = this.#redis.sendCommand(new EncodedCommand(bytes)) as Promise<RawReply>;
      answer.then(resolve, (error: Error) => {
        reject(isReply(error) ? errorOfReply(error.message, this.#endpoint, what) : (this.#over ?? this.#lost()));
      });
      answer.then(cancel, cancel);
    });
  }

  #failure(sent: boolean, code: TargetFailure['code'], message: string): TargetFailure {
    const said = redact(message, this.#endpoint);
    const name = endpointName(this.#endpoint);
    return { ok: false, sent, code, message: said.includes(name) ? said : `${name}: ${said}` };
  }

  /** A read would overtake the calls that wait. */
  #reloading(): RedisError {
    return new RedisError('refused', `${endpointName(this.#endpoint)} gets its scripts loaded again; read once more`);
  }

  /** Milliseconds for an answer to what is sent now: what stands before it goes first. */
  #patience(): number {
    return this.#options.commandTimeout + Math.floor(this.#bytesInFlight / slowestPace);
  }

  #late(what: string, waited: number): RedisError {
    const name = endpointName(this.#endpoint);
    return new RedisError('timeout', `${name} did not answer ${what} within ${waited} ms`);
  }

  #lost(): RedisError {
    return new RedisError('disconnected', `the connection to ${endpointName(this.#endpoint)} ended`, this.#socketError);
  }
}

/** One connection, no handshake of ioredis' own, nothing queued, nothing repeated. */
function ioredisOptions(endpoint: RedisEndpoint, connectTimeout: number): RedisOptions & { replyMapping?: 'legacy' } {
  return {
    host: endpoint.host,
    port: endpoint.port,
    ...(endpoint.tls ? { tls: { ...endpoint.tls } } : {}),
    lazyConnect: true,
    protocol: 2,
    connectTimeout,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    disableClientInfo: true,
  };
}

/** Head, arguments in all, and the arguments. */
function libraryCall(name: string, code: Uint8Array | null): Parameters<CommandEncoder['encode']> {
  if (code !== null) return [encodeHead(['FUNCTION', 'LOAD']), 2, 'REPLACE', [code]];
  if (name === everyLibrary) return [encodeHead(['FUNCTION']), 1, 'FLUSH', []];
  return [encodeHead(['FUNCTION', 'DELETE']), 2, name, []];
}

function isReply(error: Error): boolean {
  return error.name === 'ReplyError';
}

/** The script's own reply comes alone, or before the values it read. */
function replyOf(reply: RawReply): TargetReply {
  if (!Array.isArray(reply)) return { ok: true, reply: textOf(reply) };
  return { ok: true, reply: textOf(reply[0] ?? null), values: reply.slice(1) };
}

function textOf(reply: RawReply): string {
  if (typeof reply === 'string') return reply;
  if (Buffer.isBuffer(reply)) return reply.toString('latin1', 0, reply.length);
  return reply === null ? '' : String(reply);
}
