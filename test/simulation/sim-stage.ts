/**
 * A stage in a simulated world: the same words as on real sites, and what happens between them is the seed's. Sites' clocks
 * agree, since cases tell what is newer by the time at which it is done; nothing else is in order.
 */
import { MemoryLogDisk, type ModelClient, type ModelReply, type RedisModel } from '@entwine/testkit';
import { Refused, type Reply } from '../differential/raw-connection.ts';
import { type CallTrap, type CaughtCall, Stage, type StageStatus, type StageWords } from '../support/stage.ts';
import { copyOfDisk } from './disk-copy.ts';
import type { Lane } from './scheduler.ts';
import type { SimSite } from './sim-site.ts';
import type { SimWorld } from './sim-world.ts';

/** How often a condition is asked for before it is given up. */
const mostAsks = 20_000;

export class SimStage extends Stage {
  /** What expired on its way lives on for a minute by its site's clock. */
  protected readonly patienceMs = 130_000;
  readonly #world: SimWorld;
  /** Connections of applications: by server, since one that has gone takes them along, and database. */
  readonly #clients = new WeakMap<RedisModel, Map<number, ModelClient>>();
  /** Copies of logs. */
  readonly #kept = new Map<string, MemoryLogDisk>();
  /** Nothing has happened since all was settled. */
  #isSettled = false;

  constructor(world: SimWorld, prefix: string) {
    super(world.random, prefix);
    this.#world = world;
  }

  get names(): readonly string[] {
    return this.#world.sites.flatMap(({ name }) => (this.left.has(name) ? [] : [name]));
  }

  async send(name: string, commands: readonly StageWords[], db = 0): Promise<Reply[]> {
    const { redis } = this.#site(name);
    const client = this.#client(name, db);
    const before = redis.log.end;
    const replies: Reply[] = [];
    for (const words of commands) {
      replies.push(replyOf(redis.execute(client, words.map(String))));
      if (redis.log.end > before && this.random.chance(0.2)) await this.#move();
    }
    if (redis.log.end > before) {
      this.#isSettled = false;
      for (let steps = this.random.integer(0, 6); steps > 0; steps--) await this.#move();
    }
    return replies;
  }

  now(): number {
    return Math.floor(this.#world.scheduler.now);
  }

  async pause(ms: number): Promise<void> {
    const until = this.#world.scheduler.now + ms;
    this.#isSettled = false;
    while (this.#world.scheduler.now < until) await this.#move();
  }

  async waitFor(what: string, ask: () => Promise<boolean>): Promise<void> {
    for (let asks = 0; asks < mostAsks; asks++) {
      if (await ask()) return;
      await this.#move();
    }
    throw new Error(`gave up waiting until ${what}`);
  }

  cut(one: string, other: string): void {
    this.#isSettled = false;
    this.#world.network.cut(one, other);
  }

  join(one: string, other: string): void {
    this.#world.network.heal(one, other);
  }

  async captured(...names: readonly string[]): Promise<void> {
    for (const site of this.#world.sites) {
      if (!(names.length > 0 ? names : this.names).includes(site.name)) continue;
      const { end } = site.redis.log;
      await this.waitFor(`site ${site.name} has captured its stream up to ${end}`, async () => {
        const { position, pending } = site.status();
        return position !== null && position.offset >= end && pending.units + pending.reads === 0;
      });
    }
    await this.#world.scheduler.advance(2);
  }

  async received(at: string, from: string): Promise<void> {
    const { origin, seq } = this.#site(from).status();
    await this.waitFor(`${at} has received entry ${seq.flushed} of ${from}`, async () => {
      const known = this.#site(at)
        .status()
        .origins.find((one) => one.origin === origin);
      return (known?.received ?? 0) >= seq.flushed;
    });
  }

  async settled(): Promise<void> {
    this.together();
    if (this.#isSettled) return;
    await this.#world.rest();
    this.#isSettled = true;
  }

  async status(site: string): Promise<StageStatus> {
    return this.#site(site).status();
  }

  trapCall(name: string, text: string): CallTrap {
    const { target } = this.#site(name);
    if (target === undefined) throw new Error(`the replicator of ${name} does not run`);
    this.#isSettled = false;
    let call: CaughtCall | undefined;
    target.onApply = (words) => {
      if (!words.some((word) => word.includes(text))) return;
      target.onApply = undefined;
      target.hold(Number.POSITIVE_INFINITY);
      let late: Lane | undefined;
      call = {
        release: () => {
          target.hold(0);
          if (late !== undefined) late.heldUntil = 0;
        },
        giveUp: () => {
          late = target.giveUp(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
        },
      };
    };
    return {
      caught: async () => {
        await this.waitFor(`a call at ${name} names ${text}`, async () => call !== undefined);
        return call as CaughtCall;
      },
      caughtUnlessSettled: async () => {
        this.together();
        await this.#world.rest(undefined, () => call !== undefined);
        return call;
      },
    };
  }

  holdCalls(site: string): void {
    this.#isSettled = false;
    this.#site(site).target?.hold(Number.POSITIVE_INFINITY);
  }

  freeCalls(site: string): void {
    const { target } = this.#site(site);
    if (target === undefined) return;
    target.onApply = undefined;
    target.hold(0);
  }

  async kill(site: string): Promise<void> {
    this.#isSettled = false;
    this.#site(site).crash();
  }

  async restart(name: string): Promise<void> {
    const site = this.#site(name);
    site.start();
    await this.waitFor(`${name} runs`, async () => site.status().state === 'running');
  }

  begin(site: string): void {
    this.#isSettled = false;
    this.#site(site).start();
  }

  async stopped(name: string): Promise<string> {
    const site = this.#site(name);
    await this.waitFor(`${name} has stopped`, async () => site.halts.length > 0);
    return site.halts.splice(0).join('; ');
  }

  stopFlushing(name: string, text: string): void {
    const site = this.#site(name);
    const { target } = site;
    if (target === undefined) throw new Error(`the replicator of ${name} does not run`);
    target.onApply = (words) => {
      if (!words.some((word) => word.includes(text))) return;
      target.onApply = undefined;
      site.holdFlushes(Number.POSITIVE_INFINITY);
    };
  }

  log(name: string, what: 'keep' | 'lose' | 'put back'): void {
    const site = this.#site(name);
    if (site.isRunning) throw new Error(`the replicator of ${name} runs`);
    if (what === 'keep') this.#kept.set(name, copyOfDisk(site.disk));
    else if (what === 'lose') site.disk = new MemoryLogDisk();
    else site.disk = copyOfDisk(this.#kept.get(name)!);
  }

  async save(name: string): Promise<void> {
    this.#site(name).servers.save();
  }

  async restartServer(name: string, from: 'saved' | 'nothing'): Promise<void> {
    this.#isSettled = false;
    this.#site(name).changeServer((servers) => servers.restart(from));
  }

  async holdReplica(name: string): Promise<void> {
    this.#site(name).servers.holdReplica(Number.POSITIVE_INFINITY);
  }

  async promote(name: string): Promise<void> {
    this.#isSettled = false;
    this.#site(name).changeServer((servers) => servers.promote());
  }

  async setClock(name: string, aheadMs: number): Promise<void> {
    this.#site(name).skewMs = aheadMs;
  }

  override leave(name: string): void {
    super.leave(name);
    this.#site(name).isOut = true;
  }

  async evict(name: string, keys: readonly string[]): Promise<void> {
    const { redis } = this.#site(name);
    this.#isSettled = false;
    for (const key of keys) {
      redis.evict(0, key);
      await this.#move();
    }
  }

  /** Something happens, or a little time passes. */
  async #move(): Promise<void> {
    const { scheduler, random, sites } = this.#world;
    if (random.chance(0.02)) random.pick(sites).redis.expireSome(random.integer(1, 5));
    if (random.chance(0.1) || !(await scheduler.step())) await scheduler.advance(random.integer(1, 10));
    this.#isSettled = false;
  }

  #site(name: string): SimSite {
    const site = this.#world.sites.find((one) => one.name === name);
    if (site === undefined) throw new Error(`there is no site ${name}`);
    return site;
  }

  #client(site: string, db: number): ModelClient {
    const { redis } = this.#site(site);
    const clients = this.#clients.get(redis) ?? new Map<number, ModelClient>();
    this.#clients.set(redis, clients);
    let client = clients.get(db);
    if (client === undefined) {
      client = redis.connect();
      if (db !== 0) redis.execute(client, ['SELECT', String(db)]);
      clients.set(db, client);
    }
    return client;
  }
}

/** A reply as a connection to a server gives it. */
function replyOf(reply: ModelReply): Reply {
  if (typeof reply === 'bigint') return Number(reply);
  if (reply === null || typeof reply !== 'object') return reply;
  if ('status' in reply) return reply.status;
  if ('error' in reply) return new Refused(reply.error);
  return reply.map(replyOf);
}
