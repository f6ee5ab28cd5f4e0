/** A site whose peers are played by the test, second by second. */
import { decodeEntries, type Entry, type Outcast, timeOfUnix } from '@entwine/core';
import { EngineSite, type SiteParts } from './engine-site.ts';
import { assign, beat, unit } from './entries.ts';

const limits = { heartbeatMs: 1000, ownMarkerMs: 1_000_000, keepLogMs: 1 };
const origins = { b: 'b/main/b1', c: 'c/main/c1' } as const;
const priorities = { b: 2, c: 3 } as const;
type Peer = keyof typeof origins;

/** A site whose peers beat every second while they are there, and acknowledge at once. */
export class PlayedSite {
  readonly site: EngineSite;
  readonly away = new Set<Peer>();
  /** What the application has written. */
  written = 0;
  /** By how much the peers' times are ahead of the wall clock. */
  lead = 0;
  readonly #seqs = { b: 0, c: 0 };
  /** Up to when a peer says that it has settled everything, if not now. */
  readonly stuck: { b?: number; c?: number } = {};
  /** Who is out, as a peer tells. */
  readonly outs: { b?: readonly Outcast[]; c?: readonly Outcast[] } = {};

  constructor(parts: SiteParts = {}) {
    this.site = new EngineSite({ ...parts, limits: { ...limits, ...parts.limits } });
    this.site.transport.linked = (['b', 'c'] as const).map((peer) => ({
      peer,
      direction: 'in',
      state: 'up',
      detail: '',
    }));
  }

  async run(): Promise<this> {
    await this.site.run();
    return this;
  }

  get now(): number {
    return timeOfUnix(this.site.timers.now);
  }

  get status() {
    return this.site.engine.status();
  }

  get alarm() {
    return this.status.alarms.find(({ name }) => name === 'window-full');
  }

  /** A second passes. @param writes - of the application, a key each. */
  async second(writes = 0): Promise<void> {
    for (let i = 0; i < writes; i++) this.site.write('SET', `k${++this.written}`, 'x');
    await this.site.turn(1000);
    for (const peer of ['b', 'c'] as const) if (!this.away.has(peer)) await this.beats(peer);
    await this.site.turn();
  }

  async beats(peer: Peer): Promise<void> {
    const host = this.site.transport.host!;
    if (this.site.transport.told.findLast((line) => line.endsWith(`e ${origins[peer]}`))?.startsWith('pause')) return;
    const time = this.now + this.lead;
    this.receive(peer, (seq) => ({
      ...beat(seq, this.stuck[peer] ?? time, time, priorities[peer]),
      ...(this.outs[peer] && { out: this.outs[peer] }),
    }));
    host.acknowledged(peer, host.ownRange().last);
  }

  /** Something of a peer's log. */
  receive(peer: Peer, make: (seq: number) => Entry): void {
    this.site.receive([make(++this.#seqs[peer])], origins[peer]);
  }

  writes(peer: Peer, key: string, time: number = this.now + 1): void {
    this.receive(peer, (seq) => unit(seq, [assign(key, 'theirs')], time, priorities[peer]));
  }

  /** Keys of ours in our log, since it began or was trimmed. */
  shipped(from = 1): Set<string> {
    const keys = new Set<string>();
    for (let seq = Math.max(from, this.status.seq.first); seq <= this.status.seq.flushed; ) {
      const batch = this.site.transport.host!.readOwn(seq, 1 << 20)!;
      const entries = decodeEntries(batch.body);
      if ('code' in entries) throw new Error(entries.message);
      for (const entry of entries) if (entry.type === 'unit') for (const { key } of entry.ops) keys.add(key);
      seq = batch.last + 1;
    }
    return keys;
  }
}
