/**
 * Sites that are declared out: they do not come back, and must not hold up the others any more.
 *
 * One decision that all remaining sites acknowledge, in what their heartbeats tell (`out`):
 *
 * | step | of a site | then |
 * |---|---|---|
 * | told | a command here, or another site has told it | its ledger has it, its heartbeats tell how far it has received the site; nothing beyond what any site tells is taken |
 * | in force | every remaining site has told, and all have received the same, which is settled here | the site does not count: for W, the cut, trimming, comparisons |
 *
 * Rules
 *  1. What was told is not taken back.
 *  2. Nobody leaves the site out of its W before all have told the same. So as long as one lacks something of it, or hears it still, nothing is
 *     forgotten that this one may need.
 *  3. What one lacks of the site, one that has it passes on in its own log, as it came.
 *  4. A site that reads that it is out itself, and that this is in force, stops.
 */
import {
  decodeEntries,
  type Entry,
  type EntryBatch,
  type Origin,
  type Outcast,
  skipEntries,
  type Time,
  unixOfTime,
} from '@entwine/core';
import { siteOf } from './horizon.ts';
import type { ShardOptions } from './options.ts';
import type { Shard } from './shard.ts';

/** Bytes of one read of what is passed on. */
const relayBytes = 1024 * 1024;

/** What the ledger knows of one of them. */
export interface StoredOutcast {
  readonly inForce: boolean;
}

/** One of them, as it stands. */
export interface OutcastStatus {
  readonly site: string;
  readonly inForce: boolean;
  /** What is missing before it is in force, a sentence each. */
  readonly waitsFor: readonly string[];
}

/** The outcasts of one shard. */
export class Outcasts {
  readonly #shard: Shard;
  readonly #out: Map<string, StoredOutcast>;
  /** By site: what was passed on of it. */
  readonly #passedOn = new Map<string, { readonly after: Time; readonly upTo: Time }>();

  constructor(shard: Shard) {
    this.#shard = shard;
    this.#out = new Map(Object.entries(shard.ledger.out));
    for (const [site, { inForce }] of this.#out) if (inForce) shard.horizon.exclude(site);
  }

  /** Whether a site does not count any more. */
  isOut(site: string): boolean {
    return this.#out.get(site)?.inForce === true;
  }

  /** The same by priority. */
  isOutPriority(priority: number): boolean {
    if (this.#out.size === 0) return false;
    const peer = this.#shard.options.peers.find((one) => one.priority === priority);
    return peer !== undefined && this.isOut(peer.site);
  }

  /** Whether one is told and not in force yet: other sites may be further with it. */
  get isUnderWay(): boolean {
    for (const { inForce } of this.#out.values()) if (!inForce) return true;
    return false;
  }

  /** The sites that count, in the order in which they are declared. */
  get remaining(): ShardOptions['peers'] {
    const { peers } = this.#shard.options;
    return this.#out.size === 0 ? peers : peers.filter(({ site }) => !this.isOut(site));
  }

  /** Declares a site out. Returns why that cannot be; undefined when it is told from now on. */
  declare(site: string): string | undefined {
    const { options, at } = this.#shard;
    const sites = options.peers.map((peer) => peer.site);
    if (!sites.includes(site)) return `${site} is no peer of ${options.site}: there are ${sites.join(', ')}`;
    if (this.#out.has(site)) return undefined;
    if (this.#isUp(site)) return `${site} is there: its link is up. Stop its replicator first`;
    if (at === null) return 'not attached to a Redis: try again when the shard is running';
    this.#set(site, { inForce: false });
    this.#shard.emit('warn', `${site} is declared out; it is in force when every remaining site has told the same`);
    return undefined;
  }

  /** What a heartbeat tells; undefined: nothing. */
  tell(): readonly Outcast[] | undefined {
    if (this.#out.size === 0) return undefined;
    return [...this.#out].map(([site, { inForce }]) => ({ site, received: this.#received(site), inForce }));
  }

  /** What may be taken of a batch. */
  admit(batch: EntryBatch): EntryBatch | undefined {
    if (this.#out.size === 0) return batch;
    const site = siteOf(batch.origin);
    if (!this.#out.has(site)) return batch;
    // Something before it was not taken: it comes by another site, if any has it.
    if (batch.first > (this.#shard.inboxes.get(batch.origin)?.received ?? 0) + 1) return undefined;
    const limit = this.#limit(site);
    const entries = decodeEntries(batch.body);
    if ('code' in entries) return batch; // refused as what it is
    const count = entries.filter(({ time }) => time <= limit).length;
    if (count === 0) return undefined;
    const body = batch.body.subarray(0, skipEntries(batch.body, count));
    return { ...batch, last: batch.first + count - 1, body };
  }

  /**
   * Follows what others have told, and puts in force what all have told; before each heartbeat.
   * @returns why this shard must stop; undefined: it need not
   */
  sweep(): string | undefined {
    const { inboxes, options } = this.#shard;
    for (const { site: teller, out } of inboxes.values()) {
      if (this.#out.has(teller)) continue;
      for (const { site, inForce } of out) {
        if (site !== options.site) this.#follow(site);
        else if (inForce) return `declared out, as ${teller} tells: nothing of this site is taken any more`;
        else this.#shard.alarms.raise('declared-out', `${teller} has declared this site out; it is not in force yet`);
      }
    }
    for (const [site, { inForce }] of this.#out) {
      if (inForce) continue;
      this.#passOn(site);
      this.#enforce(site);
    }
    return undefined;
  }

  /** All of them. */
  list(): readonly OutcastStatus[] {
    return [...this.#out].map(([site, { inForce }]) => ({
      ...{ site, inForce },
      waitsFor: inForce ? [] : this.#waitsFor(site),
    }));
  }

  #follow(site: string): void {
    if (this.#out.has(site) || !this.#shard.options.peers.some((peer) => peer.site === site)) return;
    if (this.#shard.at === null) return;
    this.#set(site, { inForce: false });
  }

  #enforce(site: string): void {
    const { alarms, horizon, model } = this.#shard;
    const waitsFor = this.#waitsFor(site);
    if (waitsFor.length > 0) {
      alarms.raise(`declared-out-${site}`, `${site} is declared out, and not in force yet: ${waitsFor.join('; ')}`);
      return;
    }
    this.#set(site, { inForce: true });
    horizon.exclude(site);
    // Whoever leads the comparisons from now on has not kept what the other one had to compare.
    for (const state of model.states()) if (state.tangled && state.touchedBy === -1) model.contend(state);
    const until = this.#received(site);
    const last = until === 0 ? 'nothing' : `what it wrote up to ${new Date(unixOfTime(until)).toISOString()}`;
    alarms.raise(
      `declared-out-${site}`,
      `${site} is out: every remaining site has received ${last}, and takes nothing more. It must resynchronise`,
    );
  }

  /** Passes on what another remaining site lacks of one that is out; of several that have it, the one of the highest priority does. */
  #passOn(site: string): void {
    const { options } = this.#shard;
    const own = this.#received(site);
    let least = own;
    for (const { site: peer, priority } of options.peers) {
      const told = this.#out.has(peer) ? undefined : this.#told(peer, site);
      if (told === undefined) continue;
      if (told.received > own || (told.received === own && priority > options.priority)) return;
      if (told.received < least) least = told.received;
    }
    const passedOn = this.#passedOn.get(site);
    if (least === own || (passedOn !== undefined && least >= passedOn.after && own <= passedOn.upTo)) return;
    const logs = [...this.#shard.inboxes.values()].filter((inbox) => inbox.site === site);
    // It is read from our log.
    if (logs.some(({ received, flushedSeq }) => flushedSeq < received)) return;
    this.#passedOn.set(site, { after: least, upTo: own });
    for (const { origin } of logs) this.#relay(origin, least);
  }

  #relay(origin: Origin, after: Time): void {
    const shard = this.#shard;
    const { log, priority } = shard.options;
    const stream = log.streams().find((one) => one.stream === origin);
    if (stream === undefined) return;
    for (let from = stream.first; from <= stream.last; ) {
      const records = log.read(origin, from, relayBytes);
      for (const { first, last, body } of records) {
        from = last + 1;
        const entries = decodeEntries(body);
        if (!('code' in entries) && entries.at(-1)!.time <= after) continue;
        const entry: Entry = {
          ...{ type: 'unit', seq: ++shard.seq, time: shard.clock.tick(shard.now()), priority, ops: [] },
          relay: { origin, first, last, body },
        };
        shard.pending.entry(shard.at!.offset, shard.at!.db, entry);
      }
    }
    shard.emit('info', `passing on what other sites lack of ${origin}`);
  }

  #waitsFor(site: string): readonly string[] {
    const { options, inboxes } = this.#shard;
    const own = this.#received(site);
    const waits: string[] = [];
    for (const inbox of inboxes.values())
      if (inbox.site === site && inbox.acknowledged < inbox.received)
        waits.push(`${inbox.received - inbox.acknowledged} entries of ${site} are not settled here`);
    for (const { site: peer } of options.peers) {
      if (this.#out.has(peer)) continue;
      const told = this.#told(peer, site);
      if (told === undefined) waits.push(`${peer} has not told it`);
      else if (told.received < own)
        waits.push(`${peer} lacks what ${site} wrote from ${dateOf(told.received)} to ${dateOf(own)}`);
      else if (told.received > own)
        waits.push(`this site lacks what ${site} wrote from ${dateOf(own)} to ${dateOf(told.received)}`);
    }
    return waits;
  }

  /** What a peer has told of a site. */
  #told(peer: string, site: string): Outcast | undefined {
    let found: Outcast | undefined;
    for (const inbox of this.#shard.inboxes.values())
      if (inbox.site === peer) found = inbox.out.find((one) => one.site === site) ?? found;
    return found;
  }

  /** Nothing later of a site is taken. */
  #limit(site: string): Time {
    let limit = this.#received(site);
    for (const { out } of this.#shard.inboxes.values())
      for (const told of out) if (told.site === site && told.received > limit) limit = told.received;
    return limit;
  }

  /** Time of the last entry received of a site. */
  #received(site: string): Time {
    let received = 0;
    for (const inbox of this.#shard.inboxes.values())
      if (inbox.site === site && inbox.receivedTime > received) received = inbox.receivedTime;
    return received;
  }

  #isUp(site: string): boolean {
    const links = this.#shard.options.transport.links();
    return links.some(({ peer, direction, state }) => peer === site && direction === 'in' && state === 'up');
  }

  #set(site: string, stored: StoredOutcast): void {
    this.#out.set(site, stored);
    const all = Object.fromEntries(this.#out);
    const { offset, db } = this.#shard.at!;
    this.#shard.pending.change(offset, db, (ledger) => {
      ledger.out = all;
    });
  }
}

function dateOf(time: Time): string {
  return time === 0 ? 'the beginning' : new Date(unixOfTime(time)).toISOString();
}
