/** A stage of real sites: servers, replicators as processes, and proxies between them. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FaultProxy,
  freePort,
  type Held,
  type Mesh,
  pause,
  Random,
  type RedisServer,
  type Site,
  settled,
  type WaitOptions,
  waitFor,
} from '../../apps/demo/src/lab/index.ts';
import { RawConnection, type Reply } from '../differential/raw-connection.ts';
import { OtherClock } from './other-clock.ts';
import { type CallTrap, type CaughtCall, Stage, type StageStatus, type StageWords } from './stage.ts';

export class LiveStage extends Stage {
  readonly mesh: Mesh;
  protected readonly patienceMs = 10_000;
  #connections = new Map<string, RawConnection>();
  /** Sites whose replica is the master by now. */
  readonly #promoted = new Set<string>();
  readonly #clocks = new Map<string, OtherClock>();

  constructor(mesh: Mesh, seed: number, prefix: string) {
    super(new Random(seed), prefix);
    this.mesh = mesh;
  }

  get names(): readonly string[] {
    return this.mesh.sites.flatMap(({ name }) => (this.left.has(name) ? [] : [name]));
  }

  async send(site: string, commands: readonly StageWords[], db = 0): Promise<Reply[]> {
    const connection = await this.#connection(site, db);
    return connection.send(commands.map((words) => words.map(String)));
  }

  now(): number {
    return Date.now();
  }

  pause(ms: number): Promise<void> {
    return pause(ms);
  }

  async waitFor(what: string, ask: () => Promise<boolean>, options?: WaitOptions): Promise<void> {
    await waitFor(what, ask, options);
  }

  cut(one: string, other: string): void {
    for (const link of this.mesh.links(one, other)) link.blackhole();
  }

  join(one: string, other: string): void {
    for (const link of this.mesh.links(one, other)) link.heal();
  }

  async captured(...names: readonly string[]): Promise<void> {
    for (const site of this.#sites(names.length > 0 ? names : this.names)) {
      const end = await site.master.offset();
      await waitFor(
        `site ${site.name} has captured its stream up to ${end}`,
        async () => {
          const status = await site.replicator.tryStatus();
          if (status?.position == null) return false;
          return status.position.offset >= end && status.pending.units + status.pending.reads === 0;
        },
        { describe: () => site.replicator.tail(10) },
      );
    }
    await pause(2);
  }

  async received(at: string, from: string): Promise<void> {
    const { origin, seq } = await this.site(from).replicator.status();
    await waitFor(`${at} has received entry ${seq.flushed} of ${from}`, async () => {
      const status = await this.site(at).replicator.tryStatus();
      return (status?.origins.find((known) => known.origin === origin)?.received ?? 0) >= seq.flushed;
    });
  }

  async settled(): Promise<void> {
    this.together();
    await settled(this.#sites(this.names));
  }

  status(site: string): Promise<StageStatus> {
    return this.site(site).replicator.status();
  }

  trapCall(site: string, text: string): CallTrap {
    const proxy = this.#applyProxy(site);
    const isIt = (chunk: Buffer): boolean => chunk.includes(text);
    // What is not answered is given up by itself.
    const held = proxy
      .hold(proxy.outward, isIt)
      .then((call: Held): CaughtCall => ({ release: () => call.release(), giveUp: () => {} }));
    const caught = (): Promise<CaughtCall> => held;
    return { caught, caughtUnlessSettled: () => Promise.race([held, this.settled().then(() => undefined)]) };
  }

  holdCalls(site: string): void {
    this.#applyProxy(site).blackhole();
  }

  freeCalls(site: string): void {
    this.#applyProxy(site).heal();
  }

  async kill(site: string): Promise<void> {
    await this.site(site).replicator.kill();
  }

  async restart(site: string): Promise<void> {
    this.begin(site);
    await this.site(site).replicator.ready();
  }

  begin(site: string): void {
    this.site(site).replicator.start(this.#clocks.get(site)?.env);
  }

  async stopped(site: string): Promise<string> {
    let told = '';
    await waitFor(`${site} has stopped`, async () => {
      const status = await this.site(site).replicator.tryStatus();
      told = `${status?.state}: ${status?.reason}`;
      return status !== undefined && !['starting', 'running'].includes(status.state);
    });
    return told;
  }

  stopFlushing(): void {}

  log(site: string, what: 'keep' | 'lose' | 'put back'): void {
    const { folder, logPath } = this.site(site).replicator.options;
    const log = logPath ?? join(folder, 'log');
    const copy = join(folder, 'kept-log');
    if (what === 'keep') cpSync(log, copy, { recursive: true });
    else rmSync(log, { recursive: true });
    if (what === 'put back') cpSync(copy, log, { recursive: true });
  }

  async save(site: string): Promise<void> {
    await this.do(site, 'SAVE');
  }

  async restartServer(site: string, from: 'saved' | 'nothing'): Promise<void> {
    const { master } = this.#current(site);
    this.#disconnect(site);
    await master.kill();
    if (from === 'nothing') rmSync(join(master.folder, 'dump.rdb'), { force: true });
    await master.restart();
  }

  async holdReplica(site: string): Promise<void> {
    const nowhere = String(await freePort());
    await this.#replica(site).with((client) => client.call('REPLICAOF', '127.0.0.1', nowhere));
  }

  async promote(site: string): Promise<void> {
    const { master } = this.#current(site);
    const replica = this.#replica(site);
    this.#disconnect(site);
    await master.kill();
    await replica.with((client) => client.call('REPLICAOF', 'NO', 'ONE'));
    this.#promoted.add(site);
  }

  async setClock(site: string, aheadMs: number): Promise<void> {
    let clock = this.#clocks.get(site);
    if (clock === undefined) {
      clock = new OtherClock(this.site(site).replicator.options.folder);
      this.#clocks.set(site, clock);
      clock.set(aheadMs);
      await this.kill(site);
      await this.restart(site);
    } else clock.set(aheadMs);
  }

  async evict(site: string, keys: readonly string[]): Promise<void> {
    await this.do(site, 'CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
    await this.do(site, 'CONFIG', 'SET', 'maxmemory', '1');
    for (const key of keys) await this.gone(site, key);
    await this.do(site, 'CONFIG', 'SET', 'maxmemory', '0');
  }

  site(name: string): Site {
    return this.mesh.site(name);
  }

  /** Sites with the servers that are their masters now. */
  #sites(names: readonly string[]): Site[] {
    return names.map((name) => this.#current(name));
  }

  #current(name: string): Site {
    const site = this.site(name);
    return this.#promoted.has(name) ? { ...site, master: this.#replica(name) } : site;
  }

  #replica(name: string): RedisServer {
    const { replica } = this.site(name);
    if (replica === undefined) throw new Error(`${name} has no replica`);
    return replica;
  }

  #disconnect(site: string): void {
    for (const [name, connection] of this.#connections) {
      if (!name.startsWith(`${site}/`)) continue;
      connection.close();
      this.#connections.delete(name);
    }
  }

  /** Ends its connections. */
  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  #applyProxy(site: string): FaultProxy {
    const { applyProxy } = this.site(site);
    if (applyProxy === undefined) throw new Error(`${site} writes without a proxy`);
    return applyProxy;
  }

  async #connection(site: string, db: number): Promise<RawConnection> {
    const name = `${site}/${db}`;
    let connection = this.#connections.get(name);
    if (connection === undefined) {
      connection = await RawConnection.open(this.#current(site).master.port);
      if (db !== 0) await connection.call('SELECT', String(db));
      this.#connections.set(name, connection);
    }
    return connection;
  }
}
