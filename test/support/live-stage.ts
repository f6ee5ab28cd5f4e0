/** A stage of real sites: servers, replicators as processes, and proxies between them. */
import {
  type FaultProxy,
  type Held,
  type Mesh,
  pause,
  Random,
  type Site,
  settled,
  type WaitOptions,
  waitFor,
} from '../../apps/demo/src/lab/index.ts';
import { RawConnection, type Reply } from '../differential/raw-connection.ts';
import { type CallTrap, type CaughtCall, Stage, type StageStatus, type StageWords } from './stage.ts';

export class LiveStage extends Stage {
  readonly mesh: Mesh;
  protected readonly patienceMs = 10_000;
  #connections = new Map<string, RawConnection>();

  constructor(mesh: Mesh, seed: number, prefix: string) {
    super(new Random(seed), prefix);
    this.mesh = mesh;
  }

  get names(): readonly string[] {
    return this.mesh.sites.map(({ name }) => name);
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
    for (const site of this.mesh.sites) {
      if (names.length > 0 && !names.includes(site.name)) continue;
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
    await settled(this.mesh.sites);
  }

  status(site: string): Promise<StageStatus> {
    return this.site(site).replicator.status();
  }

  trapCall(site: string, text: string): CallTrap {
    const proxy = this.#applyProxy(site);
    const held: Promise<Held> = proxy.hold(proxy.outward, (chunk) => chunk.includes(text));
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
    const { replicator } = this.site(site);
    replicator.start();
    await replicator.ready();
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
      connection = await RawConnection.open(this.site(site).master.port);
      if (db !== 0) await connection.call('SELECT', String(db));
      this.#connections.set(name, connection);
    }
    return connection;
  }
}
