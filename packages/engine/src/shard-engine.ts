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
import type { Attachment, Origin, OwnMarker, SourceSink } from '@entwine/core';
import { Alarms } from './alarms.ts';
import { ApplyLane, type LaneHost, ownBatch } from './apply-lane.ts';
import { Capture, type CaptureHost } from './capture.ts';
import { Committer, type CommitterHost, type Flushed } from './committer.ts';
import { Corrections } from './corrections.ts';
import { Exchange } from './exchange.ts';
import { Feeder } from './feeder.ts';
import { heartbeat } from './heartbeat.ts';
import type { Inbox } from './inbox.ts';
import { LocalStream, type LocalStreamHost, settleChange } from './local-stream.ts';
import { defaultLimits, type ShardOptions } from './options.ts';
import { Shard } from './shard.ts';
import type { ShardState, ShardStatus } from './status.ts';
import { reportStatus } from './status-report.ts';
import { systemTimers, type Timers } from './timers.ts';

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
  readonly #local: LocalStream;
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
  #sourcePaused = false;
  #cancelTimers: (() => void)[] = [];

  /** Opens nothing yet, but reads the log. Throws when the log is not this shard's or cannot be read. */
  constructor(options: ShardOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    const alarms = new Alarms(options.clock, (event) => options.onEvent?.(event));
    this.#shard = new Shard(options, { ...defaultLimits, ...options.limits }, alarms);
    this.#instance = options.randomHex(12);
    const { origin, codec, ledger } = this.#shard;
    this.#lane = new ApplyLane({
      origin,
      instance: this.#instance,
      target: options.target,
      codec,
      host: this,
      alarms,
      timers: this.#timers,
    });
    this.#flushedCorrections = ledger.corrections;
    this.#corrections = new Corrections(ledger.corrections, (db, key) => this.#shard.model.hold(db, key));
    this.#local = new LocalStream(this.#shard, this.#lane, this.#corrections, this);
    this.#feeder = new Feeder(this.#shard, this.#lane, {
      settledAtOnce: (...settled) => this.#settledAtOnce(...settled),
    });
    this.#committer = new Committer(this.#shard, this);
    this.#exchange = new Exchange(this.#shard, this.#committer, (state, reason) => this.#halt(state, reason));
  }

  /** Begins to capture; the rest follows once the stream is attached. */
  async start(): Promise<void> {
    this.#options.source.start(this);
  }

  /** Stops reading, commits what was read, closes every port. Rejects with the first failure, after trying them all. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#clearTimers();
    this.#lane.close();
    const failures: unknown[] = [];
    const attempt = (work: Promise<void>): Promise<void> => work.catch((error: unknown) => void failures.push(error));
    await attempt(this.#options.source.close());
    if (this.#transportStarted) await attempt(this.#options.transport.close());
    if (this.#halted === undefined || this.#halted.state === 'superseded') await attempt(this.#committer.drain());
    this.#committer.stop();
    this.#halted ??= { state: 'stopped', reason: '' };
    this.#final = this.status();
    await attempt(this.#closeTarget());
    await attempt(this.#options.log.close());
    if (failures.length > 0) throw failures[0];
  }

  /** A target that does not close must not keep us. */
  async #closeTarget(): Promise<void> {
    let cancel = (): void => {};
    const patience = new Promise<void>((done) => {
      cancel = this.#timers.after(stopPatience, done);
    });
    await Promise.race([this.#options.target.close(), patience]).finally(() => cancel());
  }

  status(): ShardStatus {
    if (this.#final !== undefined) return this.#final;
    return reportStatus(
      this.#shard,
      this.#options.transport.links(),
      this.#state(),
      this.#attachment,
      this.#lane.inFlight,
    );
  }

  #state(): { readonly state: ShardState; readonly reason: string } {
    if (this.#halted !== undefined) return this.#halted;
    if (!this.#isAttached) return { state: 'starting', reason: 'not attached to a Redis' };
    if (!this.#lane.everOpen) return { state: 'starting', reason: 'waiting for the marker' };
    return { state: 'running', reason: '' };
  }

  // ---------------------------------------------------------------- source

  resumeFrom(): Shard['at'] {
    return this.#shard.at;
  }

  attached(attachment: Attachment): void {
    if (this.#halted !== undefined) return;
    const { position } = attachment;
    if (attachment.mode === 'full' && this.#refuseFull(attachment)) return;
    const shard = this.#shard;
    shard.at = position;
    if (attachment.mode === 'full') shard.ledger.position = position;
    else {
      shard.pending.change(position.offset, position.db, (ledger) => {
        ledger.position = { ...ledger.position, replicationId: position.replicationId };
      });
    }
    this.#attachment = attachment;
    this.#isAttached = true;
    this.#capture = new Capture(position, this);
    this.#local.attached(attachment.backlogEnd);
    this.#backlogEnd = attachment.backlogEnd;
    if (attachment.backlogEnd <= position.offset) this.#exchange.release();
    shard.alarms.clear('source-detached');
    shard.emit('info', `attached to ${attachment.role} ${attachment.endpoint} (${attachment.mode})`, {
      mode: attachment.mode,
      offset: position.offset,
      replicationId: position.replicationId,
    });
    this.#committer.schedule(true);
    // A marker must never be there without the log that it belongs to.
    if (!this.#lane.everOpen) this.#claimDue = true;
    else if (!this.#lane.isOpen) this.#lane.claim();
  }

  bytes(chunk: Uint8Array): void {
    if (this.#halted !== undefined || this.#capture === undefined) return;
    try {
      this.#capture.bytes(chunk);
    } catch (error) {
      this.#halt('failed', (error as Error).message);
      return;
    }
    if (this.#backlogEnd <= this.#shard.at!.offset) this.#exchange.release();
    this.#committer.schedule();
    this.#feeder.pump();
    this.#checkPressure();
  }

  detached(reason: Error): void {
    this.#isAttached = false;
    this.#capture = undefined;
    this.#exchange.hold();
    if (this.#halted === undefined) this.#shard.alarms.raise('source-detached', `not attached: ${reason.message}`);
  }

  /** Whether a full synchronisation must not be taken as a beginning; halts then. */
  #refuseFull(attachment: Attachment & { mode: 'full' }): boolean {
    if (this.#shard.at !== null) {
      const { replicationId, offset } = this.#shard.at;
      this.#halt(
        'resync-required',
        `${attachment.endpoint} can't continue from ${replicationId}:${offset} and offers a full synchronisation: the backlog was too short, or its data is another's`,
      );
      return true;
    }
    if (attachment.empty) return false;
    this.#halt(
      'resync-required',
      `${attachment.endpoint} already holds data; this version can only begin on an empty Redis (and keep its log folder afterwards)`,
    );
    return true;
  }

  // ---------------------------------------------------------------- local stream

  unit(unit: Parameters<CaptureHost['unit']>[0]): void {
    if (this.#halted === undefined) this.#local.unit(unit);
  }

  quiet(end: number, db: number): void {
    if (this.#halted === undefined) this.#local.quiet(end, db);
  }

  markerDamaged(what: string): void {
    this.#shard.alarms.raise('marker-damaged', `${what}: not replicated; the marker is being repaired`, 'error');
    this.#shard.tallies.add('corrections', 'marker');
    if (this.#lane.isOpen) this.#lane.claim();
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

  // ---------------------------------------------------------------- apply lane

  committed(): { readonly seq: number; readonly time: number } {
    return { seq: this.#shard.ownLog.last, time: this.#shard.ledger.clock };
  }

  repairs(): readonly string[] {
    return this.#shard.book.repairs();
  }

  peerField(origin: Origin): string {
    return this.#shard.book.field(origin);
  }

  foreign(state: 'resync-required' | 'superseded', reason: string): void {
    this.#halt(state, reason);
  }

  opened(): void {
    if (this.#stopping) return;
    this.#shard.alarms.clear('marker-damaged');
    if (!this.#transportStarted) this.#begin();
    this.#local.recheck();
    this.#committer.schedule();
    this.#sendCorrections();
    this.#feeder.pump();
  }

  progress(): void {
    this.#feeder.pump();
  }

  /** The first claim was seen: ship, receive, beat. */
  #begin(): void {
    this.#transportStarted = true;
    this.#shard.emit('info', 'running', { origin: this.#shard.origin });
    void this.#options.transport
      .start(this.#exchange)
      .catch((error: Error) => this.#halt('failed', `the link cannot start: ${error.message}`));
    this.#every(this.#shard.limits.heartbeatMs, () => this.#beat());
    this.#every(this.#shard.limits.ownMarkerMs, () => this.#writeOwnMarker());
  }

  #beat(): void {
    // A heartbeat amid backlog would date what follows it.
    if (!this.#isAttached || this.#shard.at!.offset < this.#backlogEnd) return;
    heartbeat(this.#shard, this.#committer, this.#corrections.outstanding > 0);
    this.#committer.schedule();
  }

  #writeOwnMarker(): void {
    if (this.#shard.unitsSinceMarker > 0 && this.#lane.isOpen && this.#lane.inFlight === 0)
      this.#lane.send(ownBatch([]));
  }

  // ---------------------------------------------------------------- commit

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
    this.#feeder.pump();
    this.#checkPressure();
  }

  failed(error: Error): void {
    this.#halt('failed', `the log cannot be written: ${error.message}`);
  }

  #sendCorrections(): void {
    if (!this.#lane.isOpen) return;
    for (const batch of this.#corrections.takeSendable(this.#flushedCorrections)) this.#lane.send(batch);
  }

  /** Holds back what would fill memory. */
  #checkPressure(): void {
    const { limits } = this.#shard;
    const unflushed = this.#committer.unflushedBytes;
    if (!this.#sourcePaused && unflushed > limits.maxPendingBytes) {
      this.#sourcePaused = true;
      this.#options.source.pause();
    } else if (this.#sourcePaused && unflushed < limits.maxPendingBytes / 2) {
      this.#sourcePaused = false;
      this.#options.source.resume();
    }
    this.#exchange.checkPressure();
  }

  #settledAtOnce(inbox: Inbox, seq: number, time: number, reported: number): void {
    inbox.settle(seq, time);
    const { offset, db } = this.#shard.at!;
    this.#shard.pending.change(offset, db, settleChange(inbox.origin, seq, time, reported));
    this.#committer.schedule();
  }

  // ---------------------------------------------------------------- life

  #every(ms: number, run: () => void): void {
    let cancel = (): void => {};
    const again = (): void => {
      run();
      cancel = this.#timers.after(ms, again);
    };
    cancel = this.#timers.after(ms, again);
    this.#cancelTimers.push(() => cancel());
  }

  #clearTimers(): void {
    for (const cancel of this.#cancelTimers) cancel();
    this.#cancelTimers = [];
  }

  #halt(state: 'resync-required' | 'superseded' | 'failed', reason: string): void {
    if (this.#halted !== undefined) return;
    this.#halted = { state, reason };
    this.#clearTimers();
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
