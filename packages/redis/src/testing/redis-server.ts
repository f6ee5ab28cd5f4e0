/**
 * A redis-server of a test: a free loopback port, a folder of its own, ended by its process id.
 *
 * Rules: for tests only; never exported. `start` resolves when the server answers; `stop` when the process is gone and
 * its folder removed, `kill` leaves the folder so that it can start again. Conditions are polled, never slept for.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '../connection/connection.ts';
import { ErrorReply, type Reply } from '../connection/reply-parser.ts';
import type { RedisEndpoint } from '../redis-endpoint.ts';

/** A loopback port that nothing listened on a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Polls until `ready` gives something other than false or undefined. */
export async function until<T>(
  what: string,
  ready: () => T | Promise<T>,
  timeout: number = 20_000,
): Promise<Exclude<T, false | undefined>> {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await ready();
    if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>;
    if (Date.now() > end) throw new Error(`waited ${timeout} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const running: Set<RedisServer> = new Set();

/** Stops all servers that a test file started. */
export async function stopAllServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.stop()));
}

/** One server. */
export class RedisServer {
  readonly port: number;
  readonly folder: string;
  readonly #args: readonly string[];
  /** How tests reach it; set before `start` when the server wants TLS or a password. */
  endpoint: RedisEndpoint;
  #process: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #questions: Connection | undefined;

  constructor(port: number, folder: string, args: readonly string[], endpoint: RedisEndpoint) {
    this.port = port;
    this.folder = folder;
    this.#args = args;
    this.endpoint = endpoint;
  }

  /** Starts a server. @param args - settings such as `--repl-diskless-sync`, `no`. */
  static async start(args: readonly string[] = [], endpoint: Partial<RedisEndpoint> = {}): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'entwine-redis-'));
    const port = endpoint.port ?? (await freePort());
    const server = new RedisServer(port, folder, args, { host: '127.0.0.1', port, ...endpoint });
    await server.launch();
    return server;
  }

  /** Starts the process, again after a `kill`. */
  async launch(): Promise<void> {
    const listen = this.endpoint.tls ? ['--port', '0', '--tls-port', `${this.port}`] : ['--port', `${this.port}`];
    const quiet = ['--save', '', '--bind', '127.0.0.1', '--dir', this.folder, '--repl-diskless-sync-delay', '0'];
    const child = spawn('redis-server', [...listen, ...quiet, ...this.#args], { stdio: 'ignore' });
    this.#process = child;
    this.#gone = new Promise((resolve) => child.once('exit', () => resolve()));
    running.add(this);
    await until(`redis-server on ${this.port}`, async () => {
      if (child.exitCode !== null) throw new Error(`redis-server on port ${this.port} ended at once`);
      return this.ask('PING').then(
        (reply) => reply === 'PONG' || reply instanceof ErrorReply,
        () => false,
      );
    });
  }

  /** Asks one question; error replies are values. */
  async ask(...args: string[]): Promise<Reply> {
    try {
      this.#questions ??= await Connection.open(this.endpoint);
      return await this.#questions.call(...args);
    } catch (error) {
      this.#questions?.close();
      this.#questions = undefined;
      throw error;
    }
  }

  /** A field of INFO. */
  async info(field: string): Promise<string> {
    const info = await this.ask('INFO', 'everything');
    return new RegExp(`^${field}:(.*?)\r?$`, 'm').exec(String(info))?.[1] ?? '';
  }

  /** Makes it a replica and waits until its link is up. */
  async follow(master: RedisServer): Promise<void> {
    await this.ask('REPLICAOF', '127.0.0.1', String(master.port));
    await until(`link of ${this.port} to ${master.port}`, async () => (await this.info('master_link_status')) === 'up');
  }

  /** Stops (or continues) the process without ending it: a server that hangs. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(name);
  }

  /** Ends the process at once, without its leave. */
  async kill(): Promise<void> {
    this.#questions?.close();
    this.#questions = undefined;
    this.#process?.kill('SIGKILL');
    await this.#gone;
  }

  async stop(): Promise<void> {
    running.delete(this);
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
