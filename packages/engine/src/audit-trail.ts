/**
 * The audit trail: conflicts on their way from where they are found to the log.
 *
 * Rules
 *  1. A record is part of the commit that settles what it is about: with another site's batch, where it was found when that was
 *     decided; with our own entry, where it was found when that was read. So a crash neither loses it nor leaves it there twice.
 *  2. What is decided again after a crash may meet a conflict that an entry of ours had recorded: its name is remembered. So is a
 *     deletion of ours that a site has outlived: which did, the model forgets with the process.
 *  3. Records are a stream of the log, numbered from 1. The oldest go first, by number and by bytes.
 *  4. A flood of conflicts is counted, and not recorded beyond so many a second.
 */
import type { AuditHost, Conflict, Log, LogCommit, LogRecord } from '@entwine/core';
import {
  type AuditNews,
  type AuditRecord,
  decodeRecord,
  encodeRecord,
  identityOf,
  outcomeOf,
  type RecordContext,
  recordOf,
} from './audit-record.ts';
import type { Ledger } from './ledger.ts';
import type { EngineLimits } from './options.ts';
import type { Tallies } from './tallies.ts';

/** Name of the log's stream. No origin is called so. */
export const auditStream = '~audit/conflicts/1';
/** Records read back at a start, to know which conflicts are on record. */
const rereadRecords = 10_000;
/** Bytes of one read of the log. */
const readBytes = 1024 * 1024;

/** What the trail takes from its shard. */
export interface AuditTrailParts {
  readonly log: Log;
  readonly limits: EngineLimits;
  readonly tallies: Tallies;
  readonly heard: (priority: number) => number;
  /** Without the time, which is asked for. */
  readonly context: Omit<RecordContext, 'nowMs'>;
  readonly now: () => number;
}

/** The conflicts of one shard. */
export class AuditTrail implements AuditHost {
  readonly heard: (priority: number) => number;
  readonly #parts: AuditTrailParts;
  /** Found since they were last taken. */
  #found: Conflict[] | undefined;
  /** Part of the next commit. */
  #due: Conflict[] = [];
  #unrecorded = 0;
  /** On record at the start, and may be found again. */
  readonly #known: Set<string>;
  #first: number;
  #last: number;
  /** Bytes of all records ever made; and, for those made since number `#base`, of all before each. */
  #bytes = 0;
  #base: number;
  #befores: number[] = [];
  #second = 0;
  #recorded = 0;

  /** @param ledger - as it stands at the start: of what it has settled nothing is found again. */
  constructor(parts: AuditTrailParts, ledger: Ledger) {
    this.#parts = parts;
    this.heard = parts.heard;
    const kept = parts.log.streams().find(({ stream }) => stream === auditStream);
    this.#first = kept?.first ?? 1;
    this.#last = kept?.last ?? 0;
    this.#base = this.#last;
    const [newest] = this.kept === 0 ? [] : parts.log.read(auditStream, this.#last, 1);
    if (newest !== undefined) this.#bytes = decodeRecord(newest.body).before + newest.body.length;
    this.#known = this.#findable(ledger);
  }

  /** How many are kept. */
  get kept(): number {
    return this.#last - this.#first + 1;
  }

  found(conflict: Conflict): void {
    const { tallies, context } = this.#parts;
    if (this.#known.size > 0 && this.#known.has(identityOf(conflict))) return;
    const outcome = outcomeOf(conflict, context.priority);
    // The other is counted with all ops of other sites that have lost.
    if (outcome !== 'remote-lost') tallies.add('conflicts', `${conflict.kind}/${outcome}`);
    if (!this.#mayRecord()) {
      this.passedOver(1);
      return;
    }
    this.#found ??= [];
    this.#found.push(conflict);
  }

  passedOver(count: number): void {
    this.#unrecorded += count;
    this.#parts.tallies.unrecorded += count;
  }

  /** The change that records what has been found, with what settles it; undefined when nothing has. */
  takeChange(): (() => void) | undefined {
    const found = this.#found;
    this.#found = undefined;
    return (
      found &&
      (() => {
        for (const conflict of found) this.#due.push(conflict);
      })
    );
  }

  /** What the commit that is being made up records, and what it may drop. */
  commit(): { readonly append: readonly LogRecord[]; readonly trim: LogCommit['trim'] } | undefined {
    if (this.#due.length === 0 && this.#unrecorded === 0) return undefined;
    const nowMs = this.#parts.now();
    const context: RecordContext = { ...this.#parts.context, nowMs };
    const append = this.#due.map((conflict) => this.#record(recordOf(conflict, context)));
    if (this.#unrecorded > 0) append.push(this.#record({ type: 'unrecorded', at: nowMs, count: this.#unrecorded }));
    this.#parts.tallies.recorded += this.#due.length;
    this.#due = [];
    this.#unrecorded = 0;
    return { append, trim: this.#trim() };
  }

  /** Records before a number, newest first, out of so many that are looked at; `next`: where to go on, 0 at the end. */
  read(before: number, most: number): { readonly records: readonly AuditRecord[]; readonly next: number } {
    const end = Math.min(before, this.#last + 1);
    const from = Math.max(this.#first, end - most);
    const records: AuditRecord[] = [];
    for (let next = from; next < end; ) {
      const read = this.#parts.log.read(auditStream, next, readBytes);
      // The newest may not be flushed yet.
      if (read.length === 0) break;
      for (const { first, body } of read) if (first < end) records.push(decodeRecord(body));
      next = read.at(-1)!.last + 1;
    }
    return { records: records.reverse(), next: from > this.#first ? from : 0 };
  }

  #mayRecord(): boolean {
    const { limits, now } = this.#parts;
    const second = Math.floor(now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#recorded = 0;
    }
    return this.#recorded++ < limits.maxAuditPerSecond;
  }

  #record(news: AuditNews): LogRecord {
    const number = ++this.#last;
    const body = encodeRecord({ ...news, number, before: this.#bytes });
    this.#befores.push(this.#bytes);
    this.#bytes += body.length;
    return { stream: auditStream, first: number, last: number, body };
  }

  #trim(): LogCommit['trim'] {
    const { maxAuditEntries, maxAuditBytes } = this.#parts.limits;
    const oldest = this.#first;
    this.#first = Math.max(oldest, this.#last - maxAuditEntries + 1);
    while (this.#bytes - this.#beforeOf(this.#first) > maxAuditBytes && this.#first < this.#last) this.#first++;
    if (this.#first === oldest) return [];
    const known = this.#first - this.#base - 1;
    if (known > rereadRecords) {
      this.#befores = this.#befores.slice(known);
      this.#base += known;
    }
    return [{ stream: auditStream, upTo: this.#first - 1 }];
  }

  /** Bytes of all records before one that is kept. */
  #beforeOf(number: number): number {
    if (number > this.#base) return this.#befores[number - this.#base - 1] ?? this.#bytes;
    const [found] = this.#parts.log.read(auditStream, number, 1);
    return found === undefined ? this.#bytes : decodeRecord(found.body).before;
  }

  #findable({ settled, cut }: Ledger): Set<string> {
    const known = new Set<string>();
    if (this.kept === 0) return known;
    const times = Object.values(settled).map(({ time }) => time);
    const least = times.length === 0 ? 0 : Math.min(...times);
    for (const record of this.read(Number.POSITIVE_INFINITY, rereadRecords).records) {
      if (record.type !== 'conflict') continue;
      const isOutlived = record.kind === 'delete' && record.outcome === 'local-lost';
      if (!isOutlived && record.outcome === 'local-lost') continue;
      if (record.loser.version[0] > (isOutlived ? cut : least)) known.add(identityOf(record));
    }
    return known;
  }
}
