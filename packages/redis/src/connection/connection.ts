/**
 * A signed-in connection for questions, which can be turned into a raw stream.
 *
 * Rules: one question at a time, each with a deadline; PING and AUTH come first. Error replies are values; only a broken
 * connection rejects. After `upgrade` all bytes go to the taker, those that had already arrived first. It does not
 * reconnect.
 */
import type { Socket } from 'node:net';
import { endpointName, type RedisEndpoint } from '../redis-endpoint.ts';
import { errorOfReply, RedisError, redact } from '../redis-error.ts';
import { encodeText } from './encode-text.ts';
import { openSocket } from './open-socket.ts';
import { ErrorReply, type Reply, ReplyParser } from './reply-parser.ts';

/** Deadlines of a connection, and what gives it up. */
export interface ConnectionOptions {
  /** Milliseconds, TLS included. A site is local, so a node that takes longer counts as gone. @defaultValue 2000 */
  readonly connectTimeout?: number;
  /** Milliseconds for each answer. @defaultValue 5000 */
  readonly commandTimeout?: number;
  readonly signal?: AbortSignal;
}

/** Takes the bytes of an upgraded connection; `ended` comes once, at the end. */
export interface StreamTaker {
  bytes(chunk: Buffer): void;
  ended(error: RedisError): void;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: RedisError): void;
}

/** Opens, signs in, and asks. */
export class Connection {
  readonly endpoint: RedisEndpoint;
  readonly #socket: Socket;
  readonly #parser: ReplyParser = new ReplyParser();
  readonly #timeout: number;
  #waiting: Waiting[] = [];
  #taker: StreamTaker | undefined;
  #ended: RedisError | undefined;

  private constructor(endpoint: RedisEndpoint, socket: Socket, timeout: number) {
    this.endpoint = endpoint;
    this.#socket = socket;
    this.#timeout = timeout;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (cause: Error) => this.#end(this.#lost(cause)));
    socket.on('close', () => this.#end(this.#lost()));
  }

  /** Connects, says PING and signs in. */
  static async open(endpoint: RedisEndpoint, options: ConnectionOptions = {}): Promise<Connection> {
    const socket = await openSocket(endpoint, options.connectTimeout ?? 2000, options.signal);
    const connection = new Connection(endpoint, socket, options.commandTimeout ?? 5000);
    const abort = (): void => connection.close();
    options.signal?.addEventListener('abort', abort, { once: true });
    socket.once('close', () => options.signal?.removeEventListener('abort', abort));
    if (options.signal?.aborted) connection.close();
    try {
      await connection.#signIn();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Asks one question. */
  async call(...args: string[]): Promise<Reply> {
    const [reply] = await this.callAll([args]);
    return reply!;
  }

  /** Sends several questions in one write and waits for all answers. */
  callAll(commands: readonly (readonly string[])[]): Promise<Reply[]> {
    if (this.#ended) return Promise.reject(this.#ended);
    const late = setTimeout(() => this.#end(this.#late(commands[0]![0]!)), this.#timeout);
    const answers = commands.map(
      () => new Promise<Reply>((resolve, reject) => this.#waiting.push({ resolve, reject })),
    );
    this.#socket.write(Buffer.concat(commands.map(encodeText)));
    return Promise.all(answers).finally(() => clearTimeout(late));
  }

  /** Asks one question of which an error reply is an error. */
  async ask(...args: string[]): Promise<Exclude<Reply, ErrorReply>> {
    const reply = await this.call(...args);
    if (reply instanceof ErrorReply) throw errorOfReply(reply.message, this.endpoint, args[0]!);
    return reply;
  }

  /** From here on all bytes go to `taker`. */
  upgrade(taker: StreamTaker): void {
    this.#taker = taker;
    const rest = this.#parser.takeRest();
    if (rest.length > 0) taker.bytes(rest);
    if (this.#ended) taker.ended(this.#ended);
  }

  /** Writes a command whose answer, if any, belongs to the stream. */
  send(...args: string[]): void {
    this.write(encodeText(args));
  }

  /** The same for bytes that are ready. */
  write(bytes: Buffer): void {
    if (!this.#ended) this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#end(new RedisError('disconnected', `the connection to ${endpointName(this.endpoint)} was closed by us`));
  }

  async #signIn(): Promise<void> {
    const { username, password } = this.endpoint;
    const pong = await this.call('PING');
    if (password !== undefined) {
      const reply = await this.call('AUTH', ...(username === undefined ? [] : [username]), password);
      // A server without a password signs everybody in, whatever he says.
      if (reply instanceof ErrorReply && !/without any password|no password is set/.test(reply.message)) {
        throw this.#signInError(reply.message);
      }
    } else if (pong instanceof ErrorReply && pong.message.startsWith('NOAUTH')) {
      throw errorOfReply(pong.message, this.endpoint, 'PING');
    }
    if (pong instanceof ErrorReply) {
      if (pong.message.startsWith('DENIED')) throw errorOfReply(pong.message, this.endpoint, 'PING');
    } else if (pong !== 'PONG') throw this.#notRedis(String(pong));
  }

  #signInError(message: string): RedisError {
    const error = errorOfReply(message, this.endpoint, 'AUTH');
    if (error.code !== 'refused') return error;
    return new RedisError('not-authenticated', `${error.message}; check user name and password`);
  }

  #read(chunk: Buffer): void {
    if (this.#ended) return;
    if (this.#taker) {
      this.#taker.bytes(chunk);
      return;
    }
    this.#parser.push(chunk);
    while (this.#waiting.length > 0) {
      const result = this.#parser.next();
      if (result.kind === 'need-more') return;
      if (result.kind === 'malformed') {
        this.#end(this.#notRedis(result.start));
        return;
      }
      this.#waiting.shift()!.resolve(result.reply);
    }
  }

  #end(error: RedisError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#socket.destroy();
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
    this.#taker?.ended(error);
  }

  #notRedis(start: string): RedisError {
    const said = redact(start, this.endpoint);
    return new RedisError(
      'not-redis',
      `what listens on ${endpointName(this.endpoint)} is not Redis (it said "${said}"); check host and port`,
    );
  }

  #late(command: string): RedisError {
    const name = endpointName(this.endpoint);
    return new RedisError('timeout', `${name} did not answer ${command} within ${this.#timeout} ms; check its load`);
  }

  #lost(cause?: Error): RedisError {
    const hint = this.#taker || this.endpoint.tls ? '' : '; if that port speaks TLS, configure tls';
    const name = endpointName(this.endpoint);
    return new RedisError('disconnected', `${name} closed the connection${hint}`, cause);
  }
}
