/**
 * The committer: one commit at a time, each with everything that has gathered since the last.
 *
 * A commit holds the released entries, the received ones, the ledger, what is noted of conflicts and evicted keys, and what may be
 * trimmed. Only after it is flushed are entries shipped, received ones decided, settled ones acknowledged, corrections sent.
 */
import type { LogCommit, LogRecord, Origin } from '@entwine/core';
import type { Inbox } from './inbox.ts';
import { encodeLedger, ledgerKey, type PendingCorrection } from './ledger.ts';
import type { Shard } from './shard.ts';

/** What follows a commit. */
export interface CommitterHost {
  flushed(what: Flushed): void;
  /** The log cannot be written; nothing goes on. */
  failed(error: Error): void;
}

/** What one commit made durable. */
export interface Flushed {
  /** Our own entries, if there were any. */
  readonly own: LogRecord | undefined;
  /** Inboxes whose settled place moved. */
  readonly settled: readonly Inbox[];
  readonly corrections: readonly PendingCorrection[];
}

/** Commits for one shard. */
export class Committer {
  readonly #shard: Shard;
  readonly #host: CommitterHost;
  #running: Promise<void> | undefined;
  #trims: { stream: Origin; upTo: number }[] = [];
  #forced = false;
  #stopped = false;
  /** Bytes in the commit under way. */
  #bytes = 0;

  constructor(shard: Shard, host: CommitterHost) {
    this.#shard = shard;
    this.#host = host;
  }

  /** Bytes captured and not flushed. */
  get unflushedBytes(): number {
    return this.#bytes + this.#shard.pending.bytes;
  }

  /** The next commit drops these records. */
  trim(stream: Origin, upTo: number): void {
    this.#trims.push({ stream, upTo });
  }

  /** Commits soon if there is anything to commit. @param force - even if only the position moved. */
  schedule(force: boolean = false): void {
    if (force) this.#forced = true;
    if (this.#running !== undefined || this.#stopped || !this.#isDue()) return;
    this.#running = this.#commit().finally(() => {
      this.#running = undefined;
      this.schedule();
    });
  }

  /** Resolves when nothing is left to commit. */
  async drain(): Promise<void> {
    this.schedule(true);
    while (this.#running !== undefined) await this.#running;
  }

  /** No further commit begins. */
  stop(): void {
    this.#stopped = true;
  }

  #isDue(): boolean {
    const { pending } = this.#shard;
    if (this.#forced || (pending.eventful && pending.isReleasable(this.#releasable()))) return true;
    for (const inbox of this.#shard.inboxes.values()) if (inbox.received > inbox.flushedSeq) return true;
    return false;
  }

  /** The offset up to which the gate lets through what was read. */
  #releasable(): number {
    const read = this.#shard.at?.offset ?? 0;
    return this.#shard.options.gate?.releasable(read) ?? read;
  }

  async #commit(): Promise<void> {
    this.#forced = false;
    const shard = this.#shard;
    const { ledger, options, pending, origin } = shard;
    const released = pending.release(this.#releasable(), ledger);
    const own: LogRecord | undefined = released.body && {
      stream: origin,
      first: released.first,
      last: released.last,
      body: released.body,
    };
    this.#bytes = released.body?.length ?? 0;
    const append = own === undefined ? [] : [own];
    const received = [...shard.inboxes.values()].map((inbox) => ({
      inbox,
      records: inbox.takeRecords(),
      seq: inbox.received,
    }));
    for (const { records } of received) append.push(...records);
    for (const noted of [shard.audit.commit(), shard.evicted.commit()]) {
      if (noted === undefined) continue;
      append.push(...noted.append);
      this.#trims.push(...noted.trim);
    }
    const commit: LogCommit = { append, put: [{ key: ledgerKey, value: encodeLedger(ledger) }], trim: this.#trims };
    this.#trims = [];
    const settled = [...shard.inboxes.values()].filter(
      (inbox) => (ledger.settled[inbox.origin]?.seq ?? 0) > inbox.acknowledged,
    );
    const places = settled.map((inbox) => ledger.settled[inbox.origin]!);
    const { corrections, reported } = ledger;
    const reports = Object.entries(reported);
    try {
      await options.log.commit(commit);
    } catch (error) {
      this.#stopped = true;
      this.#host.failed(error as Error);
      return;
    }
    this.#bytes = 0;
    for (const { inbox, seq } of received) inbox.flushed(seq);
    settled.forEach((inbox, i) => {
      inbox.acknowledged = places[i]!.seq;
      shard.horizon.settled(inbox.site, places[i]!.time);
    });
    for (const [site, time] of reports) shard.horizon.reported(site, time);
    if (own !== undefined) shard.ownLog.flushed(own);
    try {
      this.#host.flushed({ own, settled, corrections });
    } catch (error) {
      this.#stopped = true;
      this.#host.failed(error as Error);
    }
  }
}
