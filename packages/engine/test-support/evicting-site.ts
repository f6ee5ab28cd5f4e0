/** Site a, whose server tells what it evicts. */
import { decodeEntries, type Op, timeOfUnix } from '@entwine/core';
import { MemoryKeyspaceEvents } from '@entwine/testkit';
import { ledgerKey } from '../src/ledger.ts';
import { EngineSite, type SiteParts } from './engine-site.ts';
import { peerOrigin, startMs, unit } from './entries.ts';

const limits = { heartbeatMs: 100, ownMarkerMs: 1_000_000 };

/** See above. */
export class EvictingSite {
  readonly site: EngineSite;
  readonly #events = new MemoryKeyspaceEvents();
  readonly #seqs = { 2: 0, 3: 0 };
  #from: 2 | 3 = 2;

  constructor(parts: SiteParts = {}) {
    this.#events.replicationId = 'f'.repeat(40);
    this.#events.answersAtOnce = true;
    this.site = new EngineSite({ limits, ...parts, options: { keyspaceEvents: this.#events } });
    this.#events.up();
  }

  /** Another process upon the same Redis and the same disk. Entries of B go on behind those it has had. */
  async again(seq: number = this.#seqs[2]): Promise<EvictingSite> {
    this.site.crash();
    const { disk, redis, timers } = this.site;
    const again = new EvictingSite({ disk, redis, now: timers.now, instance: '2' });
    again.#seqs[2] = seq;
    await again.site.run();
    return again;
  }

  /** Started again once sites are out, B at least: what follows comes from C. */
  async without(...sites: readonly string[]): Promise<EvictingSite> {
    await this.turn(1000);
    this.site.crash();
    const { disk, redis, timers } = this.site;
    const ledger = JSON.parse(new TextDecoder().decode(disk.facts.get(ledgerKey)));
    ledger.out = Object.fromEntries(sites.map((site) => [site, { inForce: true }]));
    disk.facts.set(ledgerKey, new TextEncoder().encode(JSON.stringify(ledger)));
    const again = new EvictingSite({ disk, redis, now: timers.now, instance: '2' });
    again.#from = 3;
    await again.site.run();
    return again;
  }

  async run(): Promise<this> {
    await this.site.run();
    await this.write('HSET', 'k', 'f', '1');
    return this;
  }

  async write(...words: string[]): Promise<void> {
    this.site.write(...words);
    await this.turn();
  }

  /** Its server evicts a key, and the stream is read up to there. */
  async evict(key: string): Promise<void> {
    this.site.redis.model.evict(0, key);
    this.#events.event(0, key, 'evicted', this.site.redis.offset);
    await this.turn();
  }

  async turn(ms: number = 20): Promise<void> {
    this.#events.offset = this.site.redis.offset;
    await this.site.turn(ms);
  }

  /** An op of B, or of C where that is out. */
  async receive(op: Op, atMs: number = this.site.timers.now): Promise<void> {
    const origin = this.#from === 2 ? peerOrigin : 'c/main/c1';
    const seq = ++this.#seqs[this.#from];
    this.site.receive([unit(seq, [op], timeOfUnix(atMs) + seq, this.#from)], origin);
    await this.turn();
  }

  /** It asks for the key. */
  async asked(key: string = 'k'): Promise<void> {
    const version = { time: timeOfUnix(startMs), priority: 1, index: 0 };
    await this.receive({ type: 'want', db: 0, index: 0, key, version });
  }

  /** It says that it cannot tell the key, or C does. */
  async refused(key: string = 'k', from: 2 | 3 = this.#from): Promise<void> {
    const before = this.#from;
    this.#from = from;
    const version = { time: timeOfUnix(startMs), priority: 1, index: 0 };
    await this.receive({ type: 'want', db: 0, index: 0, key, version, untold: true });
    this.#from = before;
  }

  /** What it has told and asked about a key since `from`, shortly. */
  told(key: string = 'k'): string[] {
    const { host } = this.site.transport;
    const entries = decodeEntries(host!.readOwn(this.site.engine.status().seq.first, 1 << 20)!.body);
    if ('code' in entries) throw new Error(entries.message);
    return entries
      .flatMap((entry) => (entry.type === 'unit' ? entry.ops : []))
      .flatMap((op) => {
        if (op.key !== key) return [];
        if (op.type === 'want') return [`${op.untold ? 'refuses' : 'asks'} ${op.version.priority}`];
        return op.type === 'state' ? [op.content !== null ? 'content' : op.expiry === null ? 'gone' : 'expired'] : [];
      });
  }
}
