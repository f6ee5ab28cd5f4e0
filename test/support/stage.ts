/**
 * What a live case plays on: sites, a connection to each, keys of its own, and words for what is done and what must hold.
 *
 * Waits are for conditions. What is expected is looked at again while sites still talk, and only told once they are quiet.
 */
import { type Mesh, pause, Random, type Site, settled, waitFor } from '../../apps/demo/src/lab/index.ts';
import { RawConnection, Refused, type Reply } from '../differential/raw-connection.ts';
import { type Content, type Found, readKey, showFound } from './read-content.ts';

/** How long what is expected may take to come about after sites have told each other everything, ms. */
const patienceMs = 10_000;

/** The expiry a key is expected to have: none, any, or a Unix time in ms; `whatever`: all sites the same. */
export type ExpectedExpiry = 'none' | 'some' | 'whatever' | number;

export class Stage {
  readonly mesh: Mesh;
  readonly random: Random;
  #prefix: string;
  #connections = new Map<string, RawConnection>();

  constructor(mesh: Mesh, seed: number, prefix: string) {
    this.mesh = mesh;
    this.random = new Random(seed);
    this.#prefix = prefix;
  }

  get names(): readonly string[] {
    return this.mesh.sites.map(({ name }) => name);
  }

  /** A key that no other case uses. */
  key(name: string): string {
    return `${this.#prefix}${name}`;
  }

  /** Runs one command; an error reply is an error. */
  async do(site: string, ...words: readonly (string | number)[]): Promise<Reply> {
    const [reply = null] = await this.send(site, [words]);
    if (reply instanceof Refused) throw new Error(`${site}: ${words.join(' ').slice(0, 200)}: ${reply.message}`);
    return reply;
  }

  /** Runs one command that must be refused; returns the words of the refusal. */
  async refused(site: string, ...words: readonly (string | number)[]): Promise<string> {
    const [reply = null] = await this.send(site, [words]);
    if (!(reply instanceof Refused)) throw new Error(`${site}: ${words.join(' ')} was not refused`);
    return reply.message;
  }

  /** Sends commands in one write; error replies are values. */
  async send(site: string, commands: readonly (readonly (string | number)[])[]): Promise<Reply[]> {
    const connection = await this.#connection(site);
    return connection.send(commands.map((words) => words.map(String)));
  }

  /** Runs commands as one transaction, none of which may be refused. */
  async transaction(site: string, ...commands: readonly (readonly (string | number)[])[]): Promise<readonly Reply[]> {
    const replies = await this.send(site, [['MULTI'], ...commands, ['EXEC']]);
    const results = replies.at(-1);
    if (!Array.isArray(results)) throw new Error(`${site}: the transaction was not executed`);
    return results as readonly Reply[];
  }

  /** Nothing passes between these sites and all others, nor among themselves; without names, between any. */
  apart(...names: readonly string[]): void {
    for (const [one, other] of this.#pairs()) {
      if (names.length > 0 && !names.includes(one) && !names.includes(other)) continue;
      this.cut(one, other);
    }
  }

  /** Every link is whole again. */
  together(): void {
    for (const [one, other] of this.#pairs()) this.join(one, other);
  }

  /** Nothing passes between two sites. */
  cut(one: string, other: string): void {
    for (const link of this.mesh.links(one, other)) link.blackhole();
  }

  /** The links between two sites are whole again. */
  join(one: string, other: string): void {
    for (const link of this.mesh.links(one, other)) link.heal();
  }

  /** Returns when what was written at the sites named (or all) so far is flushed, and what is written next is newer. */
  async captured(...names: readonly string[]): Promise<void> {
    for (const site of this.mesh.sites) {
      if (names.length > 0 && !names.includes(site.name)) continue;
      const end = await site.master.offset();
      await waitFor(
        `site ${site.name} has captured its stream up to ${end}`,
        async () => {
          const status = await site.replicator.tryStatus();
          if (status?.position == null) return false;
          return status.position.offset >= end && status.pending.units === 0;
        },
        { describe: () => site.replicator.tail(10) },
      );
    }
    await pause(2);
  }

  /** Returns when a site has received everything that another has flushed so far. */
  async received(at: string, from: string): Promise<void> {
    const { origin, seq } = await this.site(from).replicator.status();
    await waitFor(`${at} has received entry ${seq.flushed} of ${from}`, async () => {
      const status = await this.site(at).replicator.tryStatus();
      return (status?.origins.find((known) => known.origin === origin)?.received ?? 0) >= seq.flushed;
    });
  }

  /** Heals every link, and waits until every site has applied what every other wrote. */
  async settled(): Promise<void> {
    this.together();
    await settled(this.mesh.sites);
  }

  /** What a site holds of a key. */
  async read(site: string, key: string, db = 0): Promise<Found> {
    return readKey(await this.#connection(site, db), key);
  }

  /** Every site, settled, holds exactly this. `undefined`: it holds no such key. */
  async holds(key: string, content: Content | undefined, expiry: ExpectedExpiry = 'none', db = 0): Promise<void> {
    const expected = showFound({ content, expiry: -1 });
    await this.everySite(`${key} is ${expected}`, async (site) => {
      const found = await this.read(site, key, db);
      const fits = showFound({ content: found.content, expiry: -1 }) === expected && expiryFits(found.expiry, expiry);
      return fits ? undefined : showFound(found);
    });
    if (expiry === 'whatever' || expiry === 'some') await this.same([key], db);
  }

  /** Every site, settled, holds the same of these keys; returns it, in their order. */
  async same(keys: readonly string[], db = 0): Promise<Found[]> {
    let agreed: Found[] = [];
    await this.#inTheEnd(async () => {
      const [first = [], ...others] = await Promise.all(
        this.names.map((site) => Promise.all(keys.map((key) => this.read(site, key, db)))),
      );
      agreed = first;
      return keys.flatMap((key, place) => {
        const all = [first, ...others].map((found) => showFound(found[place] as Found));
        if (all.every((text) => text === all[0])) return [];
        return [`${key} differs: ${this.names.map((name, at) => `${all[at]} at ${name}`).join('; ')}`];
      });
    });
    return agreed;
  }

  /** Every site passes a look, which tells what is wrong. */
  async everySite(what: string, wrongAt: (site: string) => Promise<string | undefined>): Promise<void> {
    await this.#inTheEnd(async () => {
      const found: string[] = [];
      for (const site of this.names) {
        const wrong = await wrongAt(site);
        if (wrong !== undefined) found.push(`${wrong} at ${site}`);
      }
      return found.length === 0 ? [] : [`not so: ${what}; found ${found.join('; ')}`];
    });
  }

  /** Waits until a site no longer holds a key. */
  async gone(site: string, key: string): Promise<void> {
    await waitFor(`${key} is gone at ${site}`, async () => (await this.do(site, 'EXISTS', key)) === 0);
  }

  /** A site's counter in its status. */
  async corrections(site: string, kind: string): Promise<number> {
    return (await this.site(site).replicator.status()).corrections[kind] ?? 0;
  }

  site(name: string): Site {
    return this.mesh.site(name);
  }

  /** Ends its connections. */
  close(): void {
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  async #inTheEnd(wrongs: () => Promise<string[]>): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      await this.settled();
      const wrong = await wrongs();
      if (wrong.length === 0) return;
      if (performance.now() > deadline) throw new Error(wrong.slice(0, 8).join('\n'));
      await pause(50);
    }
  }

  async #connection(site: string, db = 0): Promise<RawConnection> {
    const name = `${site}/${db}`;
    let connection = this.#connections.get(name);
    if (connection === undefined) {
      connection = await RawConnection.open(this.site(site).master.port);
      if (db !== 0) await connection.call('SELECT', String(db));
      this.#connections.set(name, connection);
    }
    return connection;
  }

  #pairs(): [string, string][] {
    return this.names.flatMap((one, place) =>
      this.names.slice(place + 1).map((other): [string, string] => [one, other]),
    );
  }
}

function expiryFits(found: number, expected: ExpectedExpiry): boolean {
  if (expected === 'whatever') return true;
  if (expected === 'some') return found > 0;
  return found === (expected === 'none' ? -1 : expected);
}
