/**
 * The engine of one shard: drives the core over the ports.
 *
 * ```
 * source ─> capture ─> local stream ─┬─ marked: confirm, settle ─┐
 *                                    └─ local: translate ────────┴─> pending ─gate─> commit ─flushed─> transport
 * transport ─> inbox ─committed─> feeder: decide ─> apply lane ─> target
 * ```
 *
 * Rules
 *  1. The order of the local stream is the truth. Local ops merge where they stand in it; remote ops merge when they are
 *     decided and are compared again where their marker stands.
 *  2. Entries, position and bookkeeping are one commit. Only what is flushed is shipped, decided or acknowledged.
 *  3. Nothing is written to Redis before our claim of the marker has been seen in the stream. Nothing is received while
 *     the stream is broken or backlog is read, so that old local writes do not beat fresher ones of other sites.
 *  4. One place for every decision to stop: `#halt`.
 */
import type { Attachment, Deletion, Origin, OwnMarker, SourceSink, Stamp, Unit } from '@entwine/core';
import { Alarms } from './alarms.ts';
import { ApplyLane, type LaneHost } from './apply-lane.ts';
import type { AuditRecord } from './audit-record.ts';
import { Capture, type CaptureHost } from './capture.ts';
import { Checks } from './checks.ts';
import { Committer, type CommitterHost, type Flushed } from './committer.ts';
import { Corrections } from './corrections.ts';
import { type Deletions, deletionsOf } from './deletions.ts';
import { Exchange } from './exchange.ts';
import { Feeder } from './feeder.ts';
import { Fences } from './fences.ts';
import type { Inbox } from './inbox.ts';
import { Libraries, type LibraryOp } from './libraries.ts';
import { LocalStream, type LocalStreamHost } from './local-stream.ts';
import { defaultLimits, type ShardOptions } from './options.ts';
import { Pressure } from './pressure.ts';
import { refuseFull } from './refuse-full.ts';
import { Rounds } from './rounds.ts';
import { closeWithin } from './schedule.ts';
import { settleHere } from './settle-change.ts';
import { Shard } from './shard.ts';
import type { ShardState, ShardStatus } from './status.ts';
import { reportStatus, startOf, waitingOf } from './status-report.ts';
import { systemTimers, type Timers } from './timers.ts';
import { UnitQueue } from './unit-queue.ts';

/** How long `stop` waits for answers of calls that are on their way, in milliseconds. */
const stopPatience = 1000;

/** One shard of one site, from capture to apply. */
export class ShardEngine implements SourceSink, CaptureHost, LaneHost, CommitterHost, LocalStreamHost {
  readonly #options: ShardOptions;
  readonly #timers: Timers;
  readonly #shard: Shard;
  readonly #instance: string;
  readonly #lane: ApplyLane;
  readonly #feeder: Feeder;
  readonly #committer: Committer;
  readonly #corrections: Corrections;
  readonly #fences: Fences;
  readonly #checks: Checks;
  readonly #libraries: Libraries;
  readonly #deletions: Deletions | undefined;
  readonly #local: LocalStream;
  readonly #queue: UnitQueue;
  readonly #exchange: Exchange;
  #capture: Capture | undefined;
  #attachment: Attachment | undefined;
  #isAttached = false;
  #backlogEnd = 0;
  /** The first claim follows the first commit. */
  #claimDue = false;
  #stopping = false;
  /** As the last commit left them. */
  #flushedCorrections: Flushed['corrections'];
  #final: ShardStatus | undefined;
  #halted: { readonly state: ShardState; readonly reason: string } | undefined;
  #transportStarted = false;
  readonly #pressure: Pressure;
  readonly #rounds: Rounds;

  /** Opens nothing yet, but reads the log. Throws when the log is not this shard's or cannot be read. */
  constructor(options: ShardOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    const alarms = new Alarms(options.clock, (event) => options.onEvent?.(event));
    this.#shard = new Shard(options, { ...defaultLimits, ...options.limits }, alarms);
    this.#instance = this.#shard.serve();
    const { origin, codec, ledger } = this.#shard;
    this.#lane = new ApplyLane({
      origin,
      instance: this.#instance,
      ...{ target: options.target, codec, host: this, alarms, timers: this.#timers },
    });
    this.#flushedCorrections = ledger.corrections;
    this.#corrections = new Corrections(ledger.corrections, (db, key) => this.#shard.model.hold(db, key));
    this.#fences = new Fences(this.#shard, this.#lane, { fenceAnswered: () => this.#fenceAnswered() });
    this.#checks = new Checks(this.#shard, this.#fences);
    this.#local = new LocalStream(this.#shard, this.#lane, this.#corrections, this.#fences, this.#checks, this);
    this.#libraries = new Libraries({
      ...{ target: options.target, alarms, timers: this.#timers, priority: options.priority },
      registers: this.#shard.model.libraries,
      unsettled: this.#shard.unsettledLibraries,
      isOpen: () => this.#lane.isOpen,
      audit: this.#shard.audit,
    });
    this.#deletions = deletionsOf(this.#shard, this.#timers);
    this.#queue = new UnitQueue(
      {
        take: (unit, deletions) => this.#take(unit, deletions),
        takeQuiet: (end, db) => this.#local.quiet(end, db),
        holdsStream: () => this.#fences.holdsStream,
        resumed: () => this.#streamMoved(),
        replicationId: () => this.#shard.at!.replicationId,
      },
      this.#deletions,
      options.eviction ?? 'local',
    );
    this.#feeder = new Feeder(this.#shard, this.#lane, this.#fences, {
      settledAtOnce: (...settled) => this.#settledAtOnce(...settled),
      ...{ want: this.#local.want, wanted: this.#local.wanted, untold: this.#local.untold },
      check: (op, stamp) => this.#checks.received(op, stamp),
      stayed: (keys) => this.#local.comparisons.stayed(keys),
      replaced: (...told) => this.#local.replaced(...told),
      library: (op, stamp) => this.#libraries.merge(op, stamp),
    });
    this.#committer = new Committer(this.#shard, this);
    this.#exchange = new Exchange(this.#shard, this.#committer, (state, reason) => this.#halt(state, reason));
    const receives = (): boolean => this.#transportStarted && this.#isCurrent;
    this.#pressure = new Pressure(this.#shard, this.#committer, this.#queue, this.#exchange, receives);
    this.#rounds = new Rounds(
      {
        ...{ shard: this.#shard, lane: this.#lane, committer: this.#committer, corrections: this.#corrections },
        ...{ fences: this.#fences, checks: this.#checks, local: this.#local },
        isCurrent: () => this.#isCurrent,
        ...{ exchange: this.#exchange, pressure: this.#pressure },
        halt: (reason) => this.#halt('resync-required', reason),
      },
      this.#timers,
    );
  }

  /** Begins to capture; the rest follows once the stream is attached. */
  async start(): Promise<void> {
    this.#rounds.clocks.check();
    this.#deletions?.start();
    this.#options.source.start(this);
  }

  /** Stops reading, commits what was read, closes every port. Rejects with the first failure, after trying them all. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#rounds.stop();
    this.#lane.close();
    const failures: unknown[] = [];
    const attempt = (work: Promise<void>): Promise<void> => work.catch((error: unknown) => void failures.push(error));
    this.#libraries.close();
    await attempt(this.#options.source.close());
    for (const port of [this.#deletions, this.#options.commands]) if (port !== undefined) await attempt(port.close());
    if (this.#transportStarted) await attempt(this.#options.transport.close());
    if (this.#halted === undefined || this.#halted.state === 'superseded') await attempt(this.#committer.drain());
    this.#committer.stop();
    this.#halted ??= { state: 'stopped', reason: '' };
    this.#final = this.status();
    await attempt(closeWithin(this.#options.target, stopPatience, this.#timers));
    for (const port of [this.#options.spillStore, this.#options.log])
      if (port !== undefined) await attempt(port.close());
    if (failures.length > 0) throw failures[0];
  }

  status(): ShardStatus {
    if (this.#final !== undefined) return this.#final;
    return reportStatus(
      this.#shard,
      this.#options.transport.links(),
      this.#halted ?? startOf(this.#isAttached, this.#lane),
      this.#attachment,
      waitingOf(this.#shard, this.#lane, this.#fences, this.#checks, this.#local.undo),
    );
  }

  /** Declares a site out. Returns why that cannot be; undefined when it is told from now on. */
  declareOut(site: string): string | undefined {
    if (this.#halted !== undefined) return `the shard does not run: ${this.#halted.reason}`;
    return this.#shard.outcasts.declare(site);
  }

  /** Conflicts on record before a number, newest first, out of so many records that are looked at; `next`: where to go on, 0: nowhere. */
  conflicts(before: number, most: number): { readonly records: readonly AuditRecord[]; readonly next: number } {
    return this.#shard.audit.read(before, most);
  }

  /** Whether the stream is attached and read beyond its backlog. */
  get #isCurrent(): boolean {
    return this.#isAttached && this.#backlogEnd <= this.#shard.at!.offset;
  }

  resumeFrom(): Shard['at'] {
    return this.#shard.at;
  }

  attached(attachment: Attachment): void {
    if (this.#halted !== undefined) return;
    const { position, mode, role, endpoint } = attachment;
    const refusal = attachment.mode === 'full' ? refuseFull(attachment, this.#shard.at) : undefined;
    if (refusal !== undefined) {
      this.#halt('resync-required', refusal);
      return;
    }
    const shard = this.#shard;
    const { offset, replicationId } = position;
    // What another master has answered may not be in this one's history.
    const isAnother = shard.at?.replicationId !== replicationId;
    shard.at = position;
    if (attachment.mode === 'full') shard.ledger.position = position;
    else {
      shard.pending.change(position.offset, position.db, (ledger) => {
        ledger.position = { ...ledger.position, replicationId };
      });
    }
    this.#attachment = attachment;
    this.#options.commands?.refresh();
    this.#isAttached = true;
    this.#capture = new Capture(position, this);
    this.#local.attached(attachment.backlogEnd);
    this.#deletions?.attached(position.replicationId);
    this.#backlogEnd = attachment.backlogEnd;
    if (attachment.backlogEnd <= position.offset) this.#exchange.release();
    shard.alarms.clear('source-detached');
    shard.emit('info', `attached to ${role} ${endpoint} (${mode})`, { mode, offset, replicationId });
    this.#committer.schedule(true);
    // A marker must never be there without the log that it belongs to.
    if (!this.#lane.everOpen) this.#claimDue = true;
    else if (!this.#lane.isOpen || isAnother) this.#lane.claim();
  }

  bytes(chunk: Uint8Array): void {
    if (this.#halted !== undefined || this.#capture === undefined) return;
    try {
      this.#shard.reading(() => this.#capture?.bytes(chunk));
    } catch (error) {
      this.#halt('failed', (error as Error).message);
      return;
    }
    this.#streamMoved();
  }

  /** Units were taken up, or a call was answered. */
  #streamMoved(): void {
    if (this.#halted !== undefined) return;
    if (this.#isCurrent) this.#exchange.release();
    this.#committer.schedule();
    this.#work();
    this.#pressure.check();
  }

  /** Other sites' entries first, so that what is read by the next fence has them. */
  #work(): void {
    this.#feeder.pump();
    if (this.#isAttached) this.#fences.pump();
  }

  detached(reason: Error): void {
    this.#isAttached = false;
    this.#queue.clear();
    this.#fences.detached();
    this.#capture = undefined;
    this.#exchange.hold();
    if (this.#halted === undefined) this.#shard.alarms.raise('source-detached', `not attached: ${reason.message}`);
  }

  unit(unit: Unit): void {
    if (this.#halted === undefined) this.#queue.unit(unit);
  }

  #take(unit: Unit, deletions: readonly Deletion[]): void {
    if (this.#halted !== undefined) return;
    this.#local.unit(unit, deletions);
    if (this.#fences.isReady) this.#local.answerFence();
  }

  #fenceAnswered(): void {
    if (this.#halted !== undefined || this.#stopping || !this.#fences.isReady) return;
    this.#local.answerFence();
    this.#queue.pump();
    this.#streamMoved();
  }

  quiet(end: number, db: number): void {
    if (this.#halted === undefined) this.#queue.quiet(end, db);
  }

  markerDamaged(what: string): void {
    // A user's flush is replicated like any other write; that it took the marker along is no fault.
    if (/^FLUSH/.test(what)) this.#shard.emit('info', `${what}; the marker is being written again`);
    else this.#shard.alarms.raise('marker-damaged', `${what}: not replicated; the marker is being repaired`, 'error');
    this.#shard.tallies.add('corrections', 'marker');
    if (this.#lane.isOpen) this.#lane.claim();
  }

  readonly library = (op: LibraryOp, stamp: Stamp): unknown => this.#libraries.merge(op, stamp);

  isOwnLibrary(name: string, code: Uint8Array | null): boolean {
    return this.#libraries.isOwn(name, code);
  }

  foreignMarker(own: OwnMarker): void {
    if (own.instance === this.#instance) return;
    if (own.origin !== this.#shard.origin)
      this.foreign(
        'resync-required',
        `another log (${own.origin}) has served this Redis; ours is ${this.#shard.origin}`,
      );
    else if (this.#lane.everOpen) this.foreign('superseded', 'another replicator of this site has taken over');
  }

  entriesMissing(peer: { readonly origin: Origin; readonly seq: number }, received: number): void {
    this.#halt(
      'resync-required',
      `the marker names ${peer.origin} up to seq ${peer.seq}, our log holds it up to ${received}: the log was lost or restored from a copy`,
    );
  }

  committed(): { readonly seq: number; readonly time: number } {
    return { seq: this.#shard.ownLog.last, time: this.#shard.ledger.clock };
  }

  readonly repairs = (): readonly string[] => this.#shard.book.repairs();
  readonly isPredecessor = (instance: string): boolean => this.#shard.book.isPredecessor(instance);
  readonly peerField = (origin: Origin): string => this.#shard.book.field(origin);

  readonly foreign = (state: 'resync-required' | 'superseded', reason: string): void => this.#halt(state, reason);

  opened(): void {
    if (this.#stopping) return;
    this.#shard.alarms.clear('marker-damaged');
    if (!this.#transportStarted) this.#begin();
    this.#libraries.opened();
    this.#local.comparisons.recheck();
    this.#committer.schedule();
    this.#sendCorrections();
    this.#work();
  }

  readonly progress = (): void => this.#streamMoved();

  /** The first claim was seen: ship, receive, beat. */
  #begin(): void {
    this.#transportStarted = true;
    this.#shard.emit('info', 'running', { origin: this.#shard.origin });
    void this.#options.transport
      .start(this.#exchange)
      .catch((error: Error) => this.#halt('failed', `the link cannot start: ${error.message}`));
    this.#rounds.start();
  }

  flushed({ own, settled, corrections }: Flushed): void {
    this.#flushedCorrections = corrections;
    if (this.#halted !== undefined || this.#stopping) return;
    if (this.#claimDue) {
      this.#claimDue = false;
      this.#lane.claim();
    }
    const { transport } = this.#options;
    if (this.#transportStarted) {
      if (own !== undefined) transport.flushed(own.last);
      for (const inbox of settled) transport.settled(inbox.origin, inbox.acknowledged);
    }
    this.#sendCorrections();
    this.#work();
    this.#pressure.check();
  }

  readonly failed = (error: Error): void => this.#halt('failed', `the log cannot be written: ${error.message}`);

  #sendCorrections(): void {
    if (!this.#lane.isOpen) return;
    for (const batch of this.#corrections.takeSendable(this.#flushedCorrections)) this.#lane.send(batch);
  }

  #settledAtOnce(inbox: Inbox, seq: number, time: number, reported: number): void {
    settleHere(this.#shard, inbox, seq, time, reported);
    this.#committer.schedule();
  }

  #halt(state: 'resync-required' | 'superseded' | 'failed', reason: string): void {
    if (this.#halted !== undefined) return;
    this.#halted = { state, reason };
    this.#rounds.stop();
    this.#lane.close();
    this.#committer.stop();
    this.#capture = undefined;
    void this.#options.source.close();
    if (this.#transportStarted) {
      this.#transportStarted = false;
      void this.#options.transport.close();
    }
    this.#shard.emit('error', `${state}: ${reason}`, { state });
    this.#options.onHalt?.(state, reason);
  }
}
