/**
 * The state of one shard, and how a start rebuilds it from the log.
 *
 * The log holds our own entries and those received, down to the cut; the ledger says what of the received has taken effect.
 * Replaying both in the order of time gives the window of versions back; which commands were not run, the ledger tells.
 */
import {
  type Covers,
  decodeEntries,
  type Entry,
  HybridClock,
  type KeyState,
  type Log,
  MarkerCodec,
  Model,
  type Op,
  type Origin,
  type Position,
  type SiteRules,
  type Stamp,
  siteRules,
  type Time,
} from '@entwine/core';
import type { Alarms } from './alarms.ts';
import { AuditTrail } from './audit-trail.ts';
import { EvictedJournal } from './evicted-journal.ts';
import { Horizon, siteOf, TrimMarks } from './horizon.ts';
import { Inbox } from './inbox.ts';
import { decodeLedger, type Ledger, ledgerKey, newLedger } from './ledger.ts';
import type { LibraryOp } from './libraries.ts';
import { MarkerBook, rememberedProcesses } from './marker-book.ts';
import { defaultAudit, type EngineEvent, type EngineLimits, type ShardOptions } from './options.ts';
import { Outcasts } from './outcasts.ts';
import { OwnLog } from './own-log.ts';
import { Pending } from './pending.ts';
import { ReplayedWants } from './replayed-wants.ts';
import { Tallies } from './tallies.ts';
import { UnrunCommands } from './unrun.ts';
import { Wants } from './wants.ts';
import { spillSome } from './window-spill.ts';

/** Bytes of one read when a log is replayed. */
const replayBytes = 4 * 1024 * 1024;

/** What was read of the local stream and of the log. Mutable; the parts of the engine share one. */
export class Shard {
  readonly options: ShardOptions;
  readonly limits: EngineLimits;
  readonly alarms: Alarms;
  readonly tallies: Tallies = new Tallies();
  readonly origin: Origin;
  /** Undefined: no rules, everything goes. */
  readonly rules: SiteRules | undefined;
  readonly codec: MarkerCodec;
  readonly model: Model;
  readonly clock: HybridClock;
  readonly book: MarkerBook;
  readonly pending: Pending = new Pending();
  /** Up to when this site had forgotten versions when it wrote what is read back from its log. */
  #cutThen: Time | undefined;
  readonly horizon: Horizon;
  readonly outcasts: Outcasts;
  readonly ownLog: OwnLog;
  readonly ownMarks: TrimMarks = new TrimMarks();
  readonly inboxes: Map<Origin, Inbox> = new Map();
  readonly receivedMarks: Map<Origin, TrimMarks> = new Map();
  /** As released; written by the next commit. */
  readonly ledger: Ledger;
  /** The place read so far: the end of the last unit. Null until the first attachment of a new log. */
  at: Position | null;
  /** Last own sequence number given out. */
  seq: number;
  /** Number of the last correction decided. */
  correction: number;
  /** Keys to which something is being added again: nothing is decided on them until it has been seen. */
  readonly returning: Set<KeyState> = new Set();
  /** Of other sites, received by an earlier process and not settled. */
  readonly unsettledLibraries: LibraryOp[] = [];
  /** Keys whose streams and bits are being written again: nothing is decided on them until that has been seen. */
  readonly restoring: Set<KeyState> = new Set();
  readonly wants: Wants;
  /** Conflicts that writes of ours took part in. */
  readonly audit: AuditTrail;
  /** What the model remembers of evictions, as committed. */
  readonly evicted: EvictedJournal;
  /** Goes up whenever more of other sites' entries is settled; and as it was when an entry of ours last told of that. */
  settlements = 0;
  #toldAt = -1;
  readonly #told = new Map<number, Time>();
  #readAt: number | undefined;
  /** Local units since our marker field was last written. */
  unitsSinceMarker = 0;

  constructor(options: ShardOptions, limits: EngineLimits, alarms: Alarms) {
    this.options = options;
    this.limits = limits;
    this.alarms = alarms;
    const stored = options.log.get(ledgerKey);
    const scope = `${options.site}/${options.shard}`;
    if (stored === undefined) {
      this.at = null;
      this.ledger = newLedger(`${scope}/${options.randomHex(8)}`, { replicationId: '', offset: 0, db: -1 });
    } else {
      this.ledger = decodeLedger(stored);
      if (!this.ledger.origin.startsWith(`${scope}/`)) {
        throw new Error(
          `the log belongs to ${this.ledger.origin}, the configuration is for ${scope}: give each site a log folder of its own`,
        );
      }
      // Stopped before any Redis was there: nothing has begun.
      this.at = this.ledger.position.replicationId === '' ? null : this.ledger.position;
    }
    this.origin = this.ledger.origin;
    this.seq = this.ledger.seq;
    this.correction = this.ledger.correction;
    for (const [name, count] of Object.entries(this.ledger.untranslated)) this.tallies.untranslated[name] = count;
    this.codec = new MarkerCodec(scope, options.digest);
    this.book = new MarkerBook(this.codec, this.ledger.marker, !this.ledger.markerDamaged);
    this.model = new Model(this.ledger.kept, options.priority);
    this.rules = siteRules(options);
    const { rules } = this;
    if (rules !== undefined) this.model.flushes.spares = (db, key, priority) => rules.spares(db, key, priority);
    this.wants = new Wants(this.model);
    this.clock = new HybridClock(this.ledger.clock);
    this.horizon = new Horizon(options.peers.map((peer) => peer.site));
    this.outcasts = new Outcasts(this);
    this.ownLog = new OwnLog(options.log, this.origin, limits.maxRecentBytes);
    this.evicted = new EvictedJournal(options.log, this.model.evicted);
    if (options.spillStore !== undefined) this.model.spillTo(options.spillStore);
    this.#restore(options.log);
    this.model.forget(this.ledger.cut, this.ledger.kept);
    this.audit = this.#openAudit();
    this.model.auditTo(this.audit);
  }

  #openAudit(): AuditTrail {
    const { log, site, peers, priority, digest, audit } = this.options;
    const sites = new Map([[priority, site], ...peers.map((peer) => [peer.priority, peer.site] as const)]);
    const siteOf = (of: number): string => sites.get(of) ?? `priority ${of}`;
    return new AuditTrail(
      {
        ...{ log, limits: this.limits, tallies: this.tallies, now: () => this.now() },
        heard: (of) => this.#heard().get(of) ?? 0,
        context: { priority, siteOf, digest, audit: { ...defaultAudit, ...audit } },
      },
      this.ledger,
    );
  }

  /** A process begins to serve the log. Returns its name. */
  serve(): string {
    const instance = this.options.randomHex(12);
    this.ledger.processes = [...this.ledger.processes, instance].slice(-rememberedProcesses);
    this.book.processes = this.ledger.processes;
    return instance;
  }

  /** Makes the next entry of ours, at the place read so far. It tells what has been settled since the one before. */
  entry(time: Time, ops: readonly Op[]): Entry {
    const { priority } = this.options;
    const seq = ++this.seq;
    if (this.#toldAt === this.settlements) return { type: 'unit', seq, time, priority, ops };
    const seen = this.heard().filter(([site, at]) => this.#told.get(site) !== at);
    this.tell(seen);
    return seen.length === 0
      ? { type: 'unit', seq, time, priority, ops }
      : { type: 'unit', seq, time, priority, ops, seen };
  }

  /** An entry of ours tells what is settled. */
  tell(seen: Covers): void {
    this.#toldAt = this.settlements;
    for (const [site, at] of seen) this.#told.set(site, at);
  }

  /** Whether the rules do not take an op. @param priority - of the site it is from. */
  drops(op: Op, priority: number): boolean {
    return this.rules?.drops(op, priority) ?? false;
  }

  /**
   * What has been found of conflicts, and noted of evicted keys, by what was just merged: the change that has it written down, with
   * whatever was merged; undefined when there is nothing.
   */
  takeChange(): (() => void) | undefined {
    const conflicts = this.audit.takeChange();
    const evictions = this.evicted.takeChange();
    if (conflicts === undefined || evictions === undefined) return conflicts ?? evictions;
    return () => {
      conflicts();
      evictions();
    };
  }

  /** Changes the ledger as of the place that the stream has been read to. */
  changeHere(changes: readonly ((ledger: Ledger) => void)[]): void {
    const { offset, db } = this.at!;
    this.pending.change(offset, db, (ledger) => {
      for (const apply of changes) apply(ledger);
    });
  }

  /** Numbers the call that is being made up. */
  nextCall(): number {
    return ++this.model.call;
  }

  now(): number {
    return this.options.clock.now();
  }

  /** Our wall clock when the piece of the stream came that is being read: asking for every unit would cost as much as merging it. */
  get readAt(): number {
    return this.#readAt ?? this.now();
  }

  /** Reads a piece of the stream. */
  reading(read: () => void): void {
    this.#readAt = this.now();
    try {
      read();
    } finally {
      this.#readAt = undefined;
    }
  }

  /** Up to when what other sites wrote has taken effect here, by the place read so far; 0: nothing has come yet. */
  heard(): Covers {
    return [...this.#heard()];
  }

  #heard(): Map<number, Time> {
    const times = this.#nothing();
    // What is not taken is settled, and has not been seen.
    if (this.options.direction === 'send') return times;
    for (const inbox of this.inboxes.values()) {
      if (inbox.settledTime > (times.get(inbox.priority) ?? 0)) times.set(inbox.priority, inbox.settledTime);
    }
    return times;
  }

  #nothing(): Map<number, Time> {
    return new Map(this.options.peers.map(({ priority }) => [priority, 0]));
  }

  /** The same for one key. */
  seen(db: number, key: string): Covers {
    const takes = this.rules?.takes(db, key) !== false;
    const times = takes ? this.#heard() : this.#nothing();
    // Of who is out there is no more, and others forget what is later than its last.
    for (const { site, priority } of takes ? this.options.peers : [])
      if (this.outcasts.isOut(site)) times.set(priority, this.clock.last);
    // What came by another site's state may be more, or less, than what came from the site itself.
    for (const [priority, time] of this.model.find(db, key)?.missed ?? []) {
      if (priority !== this.options.priority) times.set(priority, time);
    }
    return [...times];
  }

  emit(level: EngineEvent['level'], message: string, fields?: Record<string, unknown>): void {
    this.options.onEvent?.({ level, message, ...(fields && { fields }) });
  }

  /** The inbox of an origin, made at its first entry. Undefined when its site is not a peer. */
  inbox(origin: Origin): Inbox | undefined {
    const known = this.inboxes.get(origin);
    if (known !== undefined) return known;
    const peer = this.options.peers.find((declared) => declared.site === siteOf(origin));
    if (peer === undefined) return undefined;
    const settled = this.ledger.settled[origin];
    const { priority } = this.options;
    const reported = this.ledger.reported[peer.site] ?? 0;
    const inbox = new Inbox(origin, peer.priority, settled?.seq ?? 0, settled?.time ?? 0, priority, reported);
    this.inboxes.set(origin, inbox);
    this.receivedMarks.set(origin, new TrimMarks());
    return inbox;
  }

  /** How far every peer has acknowledged our log. */
  leastAcknowledged(): number {
    let least = this.ownLog.last;
    for (const peer of this.options.peers)
      if (!this.outcasts.isOut(peer.site)) least = Math.min(least, this.ledger.acknowledged[peer.site] ?? 0);
    return least;
  }

  /**
   * Merges what the logs hold again, in the order of time over all of them: a command stands on what was before it, and that may
   * be another site's.
   */
  #restore(log: Log): void {
    const wants = new ReplayedWants();
    const unrun = new UnrunCommands(this.ledger);
    const replays = log
      .streams()
      .filter(({ stream }) => stream === this.origin || this.inbox(stream) !== undefined)
      .map(({ stream, first }) => {
        const entries = this.#replay(log, stream, first);
        return { stream, entries, next: entries.next().value };
      });
    for (;;) {
      let oldest: (typeof replays)[number] | undefined;
      for (const replay of replays) {
        if (replay.next !== undefined && (oldest?.next === undefined || replay.next.time < oldest.next.time))
          oldest = replay;
      }
      if (oldest?.next === undefined) break;
      this.#merge(oldest.next, oldest.stream, wants, unrun);
      this.#spillRestored();
      oldest.next = oldest.entries.next().value;
    }
    wants.reopen(this.model);
    // What has been written to such a key since it ended may not be told yet, or not taken away.
    const { asks, corrections, deferred } = this.ledger;
    for (const { db, key } of [...asks, ...corrections.flatMap(({ keys }) => keys), ...deferred]) {
      const state = this.model.find(db, key);
      if (state !== undefined) state.gone = false;
    }
    for (const [origin, { time }] of Object.entries(this.ledger.settled)) this.horizon.settled(siteOf(origin), time);
    for (const [site, time] of Object.entries(this.ledger.reported)) this.horizon.reported(site, time);
  }

  /** What was written while a peer has been away is more than memory has room for. */
  #spillRestored(): void {
    const { options, limits, model } = this;
    if (model.bytes <= limits.spillWindowBytes || options.spillStore === undefined) return;
    if (options.spillStore.bytes() < limits.maxSpilledBytes) spillSome(this);
  }

  /** A stream's entries that are settled, or our own; the rest waits in its inbox. */
  *#replay(log: Log, stream: Origin, first: number): Generator<Entry, undefined> {
    const isOwn = stream === this.origin;
    const settled = isOwn ? Number.POSITIVE_INFINITY : (this.ledger.settled[stream]?.seq ?? 0);
    const marks = isOwn ? this.ownMarks : this.receivedMarks.get(stream)!;
    const waiting: Entry[] = [];
    let bytes = 0;
    for (let from = first; ; ) {
      const records = log.read(stream, from, replayBytes);
      if (records.length === 0) break;
      for (const record of records) {
        const entries = decodeEntries(record.body);
        if ('code' in entries)
          throw new Error(`record ${stream} ${record.first}-${record.last} of the log: ${entries.message}`);
        for (const entry of entries) {
          this.clock.observe(entry.time);
          if (entry.seq > settled) {
            waiting.push(entry);
            if (entry.type === 'unit')
              for (const op of entry.ops)
                if (op.type === 'library' && !this.drops(op, entry.priority)) this.unsettledLibraries.push(op);
          } else {
            if (!isOwn) this.inboxes.get(stream)!.hear(entry);
            yield entry;
          }
        }
        if (record.last > settled) bytes += record.body.length;
        marks.add(record.last, entries.at(-1)!.time);
      }
      from = records.at(-1)!.last + 1;
    }
    if (waiting.length > 0) this.inbox(stream)!.restore(waiting, bytes);
  }

  #merge(entry: Entry, origin: Origin, wants: ReplayedWants, unrun: UnrunCommands): void {
    const isOwn = origin === this.origin;
    if (entry.type === 'heartbeat' && isOwn && entry.cut !== undefined) {
      this.#cutThen = entry.cut;
      this.model.forget(Math.min(entry.cut, this.ledger.cut), Math.min(entry.cut, this.ledger.kept));
    }
    if (entry.type !== 'unit' || entry.time <= this.model.cut) return;
    const cut = isOwn ? this.#cutThen : this.inboxes.get(origin)!.cut;
    const stamp: Stamp = { time: entry.time, priority: entry.priority, origin, ...(cut !== undefined && { cut }) };
    for (const op of entry.ops) {
      if (this.drops(op, entry.priority)) continue;
      wants.take(op, stamp, isOwn);
      if (op.type === 'library') this.model.libraries.merge(op, stamp);
      else if (op.type === 'flush') this.model.flush(op, stamp);
      else this.model.replay(op, stamp, unrun.ran(op, stamp));
    }
  }
}

/** The entry's stamp. */
export function stampOf(
  entry: { readonly time: Time; readonly priority: number },
  { origin, cut, seen }: Inbox,
): Stamp {
  return { time: entry.time, priority: entry.priority, origin, cut, seen };
}
