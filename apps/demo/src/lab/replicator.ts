/**
 * A replicator as a child process: its configuration file, its start and end, what it says over HTTP.
 *
 * The one place here that knows the configuration's shape and the replicator's command line. It starts no Redis.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Shard } from '@entwine/replicator';
import { Child, type ChildExit } from './child.ts';
import { waitFor } from './wait.ts';

/** What of the configuration differs between our replicators; the rest is filled in by `configOf`. */
export interface ReplicatorOptions {
  readonly site: string;
  readonly priority: number;
  /** Holds the configuration, the log and the output. */
  readonly folder: string;
  readonly redis: {
    readonly endpoints: readonly string[];
    /** Where scripts are sent, when that is not to be discovered (a proxy). */
    readonly apply?: string;
    readonly username?: string;
    readonly password?: string;
    readonly capture?: 'auto' | 'replica' | 'master';
  };
  readonly linkPort: number;
  readonly httpPort: number;
  readonly peers: readonly { readonly site: string; readonly priority: number; readonly address: string }[];
  /** `policies`, `filters`, `direction`, as the configuration has them. */
  readonly rules?: Readonly<Record<string, unknown>>;
  readonly token?: string;
  readonly secret?: string;
  /** @defaultValue `log` in `folder` */
  readonly logPath?: string;
}

/** What `GET /status` tells. */
export type ReplicatorStatus = ReturnType<Shard['status']>;

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const main = join(repository, 'apps/replicator/src/main.ts');

/** The whole configuration, as the replicator reads it. */
export function configOf(options: ReplicatorOptions): Record<string, unknown> {
  return {
    site: options.site,
    shard: 'main',
    priority: options.priority,
    deployment: 'demo',
    secret: options.secret ?? 'a secret that all sites share',
    redis: { capture: 'auto', ...options.redis },
    log: { path: options.logPath ?? join(options.folder, 'log') },
    link: {
      listen: `127.0.0.1:${options.linkPort}`,
      security: { kind: 'plain', token: options.token ?? 'a token that all sites share' },
    },
    peers: options.peers,
    ...options.rules,
    http: { listen: `127.0.0.1:${options.httpPort}` },
  };
}

export class Replicator {
  readonly options: ReplicatorOptions;
  readonly configFile: string;
  readonly logFile: string;
  #child: Child | undefined;

  constructor(options: ReplicatorOptions) {
    this.options = options;
    mkdirSync(options.folder, { recursive: true });
    this.configFile = join(options.folder, 'entwine.yaml');
    this.logFile = join(options.folder, 'replicator.log');
    this.configure(configOf(options));
  }

  get site(): string {
    return this.options.site;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined || this.exit !== undefined) throw new Error(`replicator ${this.site} is not running`);
    return pid;
  }

  /** How it ended, if it has. */
  get exit(): ChildExit | undefined {
    return this.#child?.exit;
  }

  /** Writes the configuration file; JSON is YAML. Takes effect at the next start. */
  configure(config: Readonly<Record<string, unknown>>): void {
    writeFileSync(this.configFile, `${JSON.stringify(config, null, 2)}\n`);
  }

  /** Starts it, without waiting for anything. */
  start(env: Readonly<Record<string, string>> = {}): void {
    this.#child = new Child({
      name: `replicator ${this.site}`,
      command: process.execPath,
      args: ['--conditions=@entwine/source', main, 'run', '--config', this.configFile],
      logFile: this.logFile,
      cwd: repository,
      env,
    });
  }

  /** Waits until it is attached, has claimed its marker and streams. Fails at once when the process ends. */
  async ready(timeoutMs = 30_000): Promise<void> {
    await waitFor(
      `replicator ${this.site} is ready`,
      async () => {
        this.#assertRuns();
        return (await this.#get('/readyz'))?.status === 200;
      },
      { timeoutMs, everyMs: 20, describe: () => this.tail() },
    );
  }

  /** Undefined while it does not answer, or has not opened its log yet. */
  async tryStatus(): Promise<ReplicatorStatus | undefined> {
    const response = await this.#get('/status');
    return response?.status !== 200 ? undefined : ((await response.json()) as ReplicatorStatus);
  }

  async status(): Promise<ReplicatorStatus> {
    const status = await this.tryStatus();
    if (status === undefined) throw new Error(`replicator ${this.site} tells no status:\n${this.tail()}`);
    return status;
  }

  /** What `entwine conflicts --json` prints, by lines. */
  async conflicts(...options: readonly string[]): Promise<Readonly<Record<string, unknown>>[]> {
    const url = `http://127.0.0.1:${this.options.httpPort}`;
    const args = ['--conditions=@entwine/source', main, 'conflicts', '--json', '--url', url, ...options];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 });
    const lines = stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** What `entwine out SITE` prints, also where it refuses. */
  async declareOut(site: string): Promise<string> {
    const url = `http://127.0.0.1:${this.options.httpPort}`;
    const args = ['--conditions=@entwine/source', main, 'out', site, '--url', url];
    const run = promisify(execFile)(process.execPath, args);
    const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error);
    return stdout + stderr;
  }

  /** The samples of `/metrics`, by name with labels as printed: `name{label="value"}`. */
  async metrics(): Promise<Map<string, number>> {
    const response = await this.#get('/metrics');
    if (response === undefined) throw new Error(`replicator ${this.site} tells no metrics:\n${this.tail()}`);
    return parseMetrics(await response.text());
  }

  async readiness(): Promise<number | undefined> {
    return (await this.#get('/readyz'))?.status;
  }

  /** Waits until it has ended by itself. */
  async ended(timeoutMs = 20_000): Promise<ChildExit> {
    return waitFor(`replicator ${this.site} ends`, () => this.exit, { timeoutMs, describe: () => this.tail() });
  }

  /** SIGTERM, and its exit. */
  async stop(): Promise<ChildExit | undefined> {
    return this.#child?.stop();
  }

  /** kill -9. */
  async kill(): Promise<ChildExit | undefined> {
    return this.#child?.kill();
  }

  tail(lines = 30): string {
    return this.#child === undefined ? '(never started)' : this.#child.tail(lines);
  }

  #assertRuns(): void {
    const exit = this.exit;
    if (exit === undefined) return;
    throw new Error(`replicator ${this.site} ended (${exit.code ?? exit.signal}):\n${this.tail()}`);
  }

  async #get(path: string): Promise<Response | undefined> {
    const url = `http://127.0.0.1:${this.options.httpPort}${path}`;
    return fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
  }
}

/** Reads the Prometheus text format as far as `name{labels} value` goes. */
export function parseMetrics(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const space = line.lastIndexOf(' ');
    samples.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return samples;
}
