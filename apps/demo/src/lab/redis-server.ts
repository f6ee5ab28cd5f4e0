/**
 * A redis-server (or a compatible binary) of our own: on a free loopback port, in a folder of its own, without
 * persistence unless asked for. It can be stopped, killed and started again on the same port and folder.
 *
 * It does not know sites or replicators.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Child, type ChildExit } from './child.ts';
import { freePort } from './ports.ts';
import { serverBinary, serverOf } from './server-binary.ts';
import { waitFor } from './wait.ts';

export interface RedisServerOptions {
  /** Shows in messages and names the folder. */
  readonly name: string;
  /** The folder in which the server's own folder is made. */
  readonly folder: string;
  /** As `serverBinary` reads it. @defaultValue what ENTWINE_REDIS_SERVER says, else `redis-server` of the PATH */
  readonly binary?: string;
  /** Further `--option value` arguments; they override ours. */
  readonly args?: readonly string[];
  /** The master, or a proxy in front of it. */
  readonly replicaOf?: { readonly port: number };
  /** What our own connections authenticate with. */
  readonly credentials?: { readonly username?: string; readonly password: string };
}

/** How a connection of ours differs from the usual: patient, to database 0. */
export interface ClientOptions {
  readonly db?: number;
  readonly username?: string;
  readonly password?: string;
  /** Fail at once instead of waiting for the server. */
  readonly impatient?: boolean;
}

const defaults: readonly string[] = [
  ...['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--shutdown-timeout', '0'],
  ...['--repl-backlog-size', '64mb', '--repl-diskless-sync-delay', '0'],
  ...['--client-output-buffer-limit', 'replica 512mb 512mb 0'],
];

export class RedisServer {
  readonly name: string;
  readonly folder: string;
  #options: RedisServerOptions;
  #port = 0;
  #child: Child | undefined;
  #clients: Redis[] = [];

  private constructor(options: RedisServerOptions) {
    this.#options = options;
    this.name = options.name;
    this.folder = join(options.folder, options.name);
    mkdirSync(this.folder, { recursive: true });
  }

  /** Starts a server and waits until it answers; another port is tried when ours was taken meanwhile. */
  static async start(options: RedisServerOptions): Promise<RedisServer> {
    const server = new RedisServer(options);
    for (let attempt = 1; ; attempt++) {
      server.#port = await freePort();
      try {
        await server.restart();
        return server;
      } catch (error) {
        if (attempt === 3 || !String(error).includes('in use')) throw error;
      }
    }
  }

  get port(): number {
    return this.#port;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined || this.#child?.exit !== undefined) throw new Error(`${this.name} is not running`);
    return pid;
  }

  /** Starts it (again) on its port and folder. */
  async restart(): Promise<void> {
    const master = this.#options.replicaOf;
    const replica = master === undefined ? [] : ['--replicaof', '127.0.0.1', String(master.port)];
    const child = new Child({
      name: this.name,
      command: serverBinary(this.#options.binary ?? serverOf()),
      args: [
        '--port',
        String(this.#port),
        '--dir',
        this.folder,
        ...defaults,
        ...replica,
        ...(this.#options.args ?? []),
      ],
      logFile: join(this.folder, 'redis.log'),
    });
    this.#child = child;
    await waitFor(`${this.name} answers`, async () => {
      if (child.exit !== undefined) throw new Error(`${this.name} ended at start:\n${child.tail()}`);
      return answers(this);
    });
    if (master !== undefined) await this.#waitForMaster();
  }

  /** A new connection, closed with the server. Commands wait while it reconnects. */
  client(options: ClientOptions = {}): Redis {
    const { impatient = false, ...rest } = options;
    const client = new Redis({
      port: this.#port,
      host: '127.0.0.1',
      maxRetriesPerRequest: impatient ? 0 : null,
      retryStrategy: () => (impatient ? null : 50),
      ...this.#options.credentials,
      ...rest,
    });
    client.on('error', () => {});
    this.#clients.push(client);
    return client;
  }

  /** Runs `work` with a connection that lives only as long. */
  async with<T>(work: (client: Redis) => Promise<T>, options: ClientOptions = {}): Promise<T> {
    const client = this.client(options);
    try {
      return await work(client);
    } finally {
      client.disconnect();
      this.#clients.splice(this.#clients.indexOf(client), 1);
    }
  }

  /** The fields of INFO, or of one of its sections. */
  async info(section = 'default'): Promise<Map<string, string>> {
    const text = await this.with((client) => client.info(section));
    return parseInfo(text);
  }

  /** Where its replication stream ends now. */
  async offset(): Promise<number> {
    const info = await this.info('replication');
    const field = info.get('role') === 'master' ? 'master_repl_offset' : 'slave_repl_offset';
    return Number(info.get(field));
  }

  async stop(): Promise<ChildExit | undefined> {
    this.disconnect();
    return this.#child?.stop();
  }

  /** kill -9. */
  async kill(): Promise<ChildExit | undefined> {
    return this.#child?.kill();
  }

  /** Ends our own connections. */
  disconnect(): void {
    for (const client of this.#clients) client.disconnect();
    this.#clients = [];
  }

  tail(): string {
    return this.#child?.tail() ?? '';
  }

  async #waitForMaster(): Promise<void> {
    await waitFor(`${this.name} is in step with its master`, async () => {
      const info = await this.info('replication');
      return info.get('master_link_status') === 'up' && info.get('master_sync_in_progress') === '0';
    });
  }
}

/** Splits the text of INFO into its fields. */
export function parseInfo(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

async function answers(server: RedisServer): Promise<boolean> {
  return server
    .with((client) => client.ping(), { impatient: true })
    .then(
      () => true,
      (error: unknown) => /NOAUTH|WRONGPASS|NOPERM|MASTERDOWN/.test(String(error)),
    );
}
