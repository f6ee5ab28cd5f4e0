/**
 * The journal of evicted keys: what the model remembers of evictions, in the log, so that a restart does not forget it.
 *
 * Rules
 *  1. A change is part of the commit that makes it so: of our own stream, with the place that it was read at; of what another
 *     site's entries end, with what settles them. After a crash the model remembers what it did at the committed place, and what
 *     comes again meets it as before.
 *  2. Another site's entries are decided before they are settled, and a key may be evicted between. What they end is that
 *     eviction which was known then, and no later one: evictions have numbers.
 *  3. The journal is a stream of the log, one number for each change. A commit without changes has no record.
 *  4. What lies before the oldest change that says of a key that it is evicted still, is dropped. Where the journal is much
 *     longer than what it says, the oldest are said again at its end, some with each commit, until enough can go.
 */
import {
  type EvictedKeys,
  type EvictionChange,
  type Log,
  type LogCommit,
  type LogRecord,
  OldestEntry,
} from '@entwine/core';
import { decodeEvicted, encodeEvicted } from './evicted-record.ts';

/** Name of the log's stream. No origin is called so. */
export const evictedStream = '~evicted/keys/1';
/** Bytes of one read of the log. */
const readBytes = 1024 * 1024;
/** So many changes for each key that is evicted, and so many besides, may the journal hold. */
const maxChangesPerKey = 3;
const minChanges = 4096;
/** Keys said again with a commit: so many, and so many for each of its changes. */
const minSaidAgain = 64;
const saidAgainPerChange = 2;

/** What the journal says of a key. */
interface Said {
  number: number;
  /** Where in the stream. */
  at: number;
}

/** The evicted keys of one shard, as committed. */
export class EvictedJournal {
  readonly #evicted: EvictedKeys;
  /** Those that are evicted as the journal has it, in its order. */
  readonly #said = new Map<string, Said>();
  readonly #oldest = new OldestEntry(this.#said);
  /** Part of the next commit. */
  #due: EvictionChange[] = [];
  #trimmed: number;
  #last: number;

  /** Gives the model back what it remembered. @throws Error when a record is damaged */
  constructor(log: Log, evicted: EvictedKeys) {
    this.#evicted = evicted;
    const kept = log.streams().find(({ stream }) => stream === evictedStream);
    this.#trimmed = (kept?.first ?? 1) - 1;
    this.#last = kept?.last ?? 0;
    this.#read(log);
    for (const [id, said] of this.#said) said.number = evicted.restore(id);
  }

  /** Changes that the journal holds. */
  get length(): number {
    return this.#last - this.#trimmed;
  }

  /** The change that writes down what the model has noted; undefined when it has noted nothing. */
  takeChange(): (() => void) | undefined {
    const changes = this.#evicted.takeChanges();
    return (
      changes &&
      (() => {
        for (const change of changes) this.#due.push(change);
      })
    );
  }

  /** What the commit that is being made up writes down, and what it may drop. */
  commit(): { readonly append: readonly LogRecord[]; readonly trim: LogCommit['trim'] } | undefined {
    if (this.#due.length === 0) return undefined;
    const changes: string[] = [];
    for (const change of this.#due) this.#apply(change, changes);
    this.#due = [];
    if (changes.length === 0) return undefined;
    this.#sayAgain(changes);
    const first = this.#last + 1;
    this.#last += changes.length;
    return {
      append: [{ stream: evictedStream, first, last: this.#last, body: encodeEvicted(changes) }],
      trim: this.#trim(),
    };
  }

  #apply({ id, number, isOver }: EvictionChange, changes: string[]): void {
    const said = this.#said.get(id);
    if (!isOver) {
      // It is whole again by what is not settled yet, and was evicted before that was.
      if (said !== undefined) said.number = number;
      else this.#say(id, number, changes);
    } else if (said?.number === number) {
      this.#said.delete(id);
      changes.push(`-${id}`);
    }
  }

  #say(id: string, number: number, changes: string[]): void {
    changes.push(`+${id}`);
    this.#said.set(id, { number, at: this.#last + changes.length });
  }

  #sayAgain(changes: string[]): void {
    const most = minSaidAgain + saidAgainPerChange * changes.length;
    const allowed = minChanges + maxChangesPerKey * this.#said.size;
    for (let count = 0; count < most; count++) {
      const oldest = this.#oldest.find();
      if (oldest === undefined || this.#last + changes.length - oldest[1].at < allowed) return;
      const [id, { number }] = oldest;
      this.#said.delete(id);
      this.#say(id, number, changes);
    }
  }

  #trim(): LogCommit['trim'] {
    const upTo = (this.#oldest.find()?.[1].at ?? this.#last + 1) - 1;
    if (upTo <= this.#trimmed) return [];
    this.#trimmed = upTo;
    return [{ stream: evictedStream, upTo }];
  }

  #read(log: Log): void {
    for (let next = this.#trimmed + 1; next <= this.#last; ) {
      const records = log.read(evictedStream, next, readBytes);
      if (records.length === 0) return;
      for (const record of records) {
        decodeEvicted(record).forEach((change, n) => {
          const id = change.slice(1);
          this.#said.delete(id);
          if (change.startsWith('+')) this.#said.set(id, { number: 0, at: record.first + n });
        });
      }
      next = records.at(-1)!.last + 1;
    }
  }
}
