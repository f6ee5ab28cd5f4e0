/**
 * The unit queue: units of the stream that cannot be taken up yet.
 *
 * Two things hold the stream: a unit with deletes waits until they are told apart, and everything behind a fence waits until
 * what it read is there. Units are taken up in order. In the ordinary case nothing waits and nothing is queued.
 */
import { type Deletion, type StreamDelete, singleDelete, type Unit, type Verdict } from '@entwine/core';
import type { Deletions } from './deletions.ts';

/** Takes up what the queue lets through. */
export interface UnitQueueHost {
  take(unit: Unit, deletions: readonly Deletion[]): void;
  takeQuiet(end: number, db: number): void;
  /** Whether the stream has to wait. */
  holdsStream(): boolean;
  /** Units were taken up that had been waiting. */
  resumed(): void;
  /** The history that the stream is read under. */
  replicationId(): string;
}

type Item =
  | { readonly type: 'unit'; readonly unit: Unit; verdicts: readonly Verdict[] | undefined }
  | { readonly type: 'quiet'; readonly end: number; readonly db: number };

const none: readonly never[] = [];

/** Units that wait. */
export class UnitQueue {
  readonly #host: UnitQueueHost;
  readonly #deletions: Deletions | undefined;
  readonly #evicted: Deletion;
  #items: Item[] = [];
  #at = 0;
  #end = 0;
  /** Counts attachments: verdicts for an earlier one come too late. */
  #era = 0;

  /** @param deletions - tells deletes apart; without, every delete is a client's. */
  constructor(host: UnitQueueHost, deletions: Deletions | undefined, eviction: 'local' | 'replicate') {
    this.#host = host;
    this.#deletions = deletions;
    this.#evicted = eviction === 'local' ? 'none' : 'end';
  }

  /** The offset up to which units are waiting; 0 when none is. */
  get end(): number {
    return this.#isEmpty ? 0 : this.#end;
  }

  get #isEmpty(): boolean {
    return this.#at === this.#items.length;
  }

  /** The next unit of the stream. */
  unit(unit: Unit): void {
    const deletes = this.#deletions === undefined ? none : deletesOf(unit);
    if (deletes.length === 0) {
      if (this.#isEmpty && !this.#host.holdsStream()) this.#host.take(unit, none);
      else this.#push({ type: 'unit', unit, verdicts: none }, unit.end);
      return;
    }
    const item: Item = { type: 'unit', unit, verdicts: undefined };
    const id = this.#host.replicationId();
    item.verdicts = this.#deletions!.classifyNow(id, deletes);
    this.#push(item, unit.end);
    if (item.verdicts === undefined) {
      const era = this.#era;
      void this.#deletions!.classify(id, deletes).then((verdicts) => {
        item.verdicts = verdicts;
        if (era !== this.#era) return;
        this.pump();
        this.#host.resumed();
      });
    }
    this.pump();
  }

  /** Bytes without data. */
  quiet(end: number, db: number): void {
    if (this.#isEmpty && !this.#host.holdsStream()) this.#host.takeQuiet(end, db);
    else this.#push({ type: 'quiet', end, db }, end);
  }

  /** Takes up what need not wait any longer. */
  pump(): void {
    while (!this.#isEmpty && !this.#host.holdsStream()) {
      const item = this.#items[this.#at]!;
      if (item.type === 'unit' && item.verdicts === undefined) return;
      this.#at++;
      if (this.#isEmpty) {
        this.#items = [];
        this.#at = 0;
      }
      if (item.type === 'quiet') this.#host.takeQuiet(item.end, item.db);
      else
        this.#host.take(
          item.unit,
          item.verdicts!.map((verdict) => this.#deletionOf(verdict)),
        );
    }
  }

  /** The stream broke off: what waited will be read again. */
  clear(): void {
    this.#era++;
    this.#items = [];
    this.#at = 0;
  }

  #push(item: Item, end: number): void {
    this.#items.push(item);
    this.#end = end;
  }

  #deletionOf(verdict: Verdict): Deletion {
    if (verdict === 'user') return 'root';
    if (verdict === 'expired') return 'expiry';
    return verdict === 'evicted' ? this.#evicted : 'end';
  }
}

/** The deletes of exactly one key, which the server may have made. */
function deletesOf(unit: Unit): readonly StreamDelete[] {
  let found: StreamDelete[] | undefined;
  for (const { command, db } of unit.commands) {
    const key = singleDelete(command);
    if (key === undefined) continue;
    found ??= [];
    found.push({ db, key, end: unit.end });
  }
  return found ?? none;
}
