/**
 * The local stream: what each unit read from it means.
 *
 * - A marked unit is one of our script calls coming back: its batch is confirmed and settled.
 * - Anything else is a local write: translated, versioned, and pending as an entry.
 *
 * Deletes that the server adds to a marked unit (keys that had expired) are local writes of their own.
 */
import {
  type Deletion,
  Effects,
  type Entry,
  type KeyState,
  type OwnMarker,
  ownField,
  type PeerMarker,
  type ReplyValue,
  type Settlement,
  Shadow,
  type Stamp,
  type Unit,
  type Version,
  type VersionedOp,
} from '@entwine/core';
import type { ApplyLane, Batch } from './apply-lane.ts';
import type { Checks } from './checks.ts';
import { Comparisons } from './comparisons.ts';
import { knownAs, lagSince } from './confirm.ts';
import type { Corrections } from './corrections.ts';
import { flushedBy, type Question, takeEntries } from './earlier.ts';
import type { Fences } from './fences.ts';
import { librariesOf } from './key-content.ts';
import type { Ledger } from './ledger.ts';
import type { LibraryOp } from './libraries.ts';
import { OwnWrites } from './own-writes.ts';
import { ReAdds } from './re-adds.ts';
import { settleChange } from './settle-change.ts';
import type { Shard } from './shard.ts';
import { notePushes } from './taken-moves.ts';
import { Undo } from './undo.ts';
import { noteUnrun } from './unrun.ts';

/** What the local stream tells. */
export interface LocalStreamHost {
  /** Somebody else wrote to, or deleted, the marker. */
  markerDamaged(what: string): void;
  /** A function library is loaded or deleted elsewhere. */
  library(op: LibraryOp, stamp: Stamp): void;
  /** Whether a library command is a call of ours. */
  isOwnLibrary(name: string, code: Uint8Array | null): boolean;
  /** Another process has written our field. */
  foreignMarker(own: OwnMarker): void;
  /** The marker names entries that our log does not hold. */
  entriesMissing(peer: PeerMarker, received: number): void;
}

type Change = (ledger: Ledger) => void;

/** Reads the units of one shard. */
export class LocalStream {
  readonly #shard: Shard;
  readonly #lane: ApplyLane;
  readonly #corrections: Corrections;
  readonly #fences: Fences;
  readonly #host: LocalStreamHost;
  readonly #reAdds: ReAdds;
  readonly #own: OwnWrites;
  /** Of a site with rules. */
  readonly undo: Undo | undefined;
  readonly comparisons: Comparisons;

  constructor(
    shard: Shard,
    lane: ApplyLane,
    corrections: Corrections,
    fences: Fences,
    checks: Checks,
    host: LocalStreamHost,
  ) {
    this.#shard = shard;
    this.#lane = lane;
    this.#corrections = corrections;
    this.#fences = fences;
    this.#reAdds = new ReAdds(shard, corrections);
    this.#host = host;
    this.undo = shard.rules && new Undo(shard, shard.rules);
    this.#own = new OwnWrites({
      ...{ shard, fences, corrections, checks, reAdds: this.#reAdds, undo: this.undo },
      context: {
        rules: shard.rules,
        ...(this.undo && { undo: this.undo.note }),
        publish: shard.options.publish ?? false,
        isOwnLibrary: (name, code) => host.isOwnLibrary(name, code),
        librariesOf,
      },
    });
    this.comparisons = new Comparisons(shard, corrections);
  }

  /** The stream begins again; what lies before `backlogEnd` was written during the break. */
  attached(backlogEnd: number): void {
    this.#own.attached(backlogEnd);
  }

  /** A fence was seen and its reply is there. */
  readonly answerFence = (): void => this.#own.answerFence();

  /** The state of a key is asked for by another site, or cannot be told by it. */
  readonly wanted: OwnWrites['wanted'] = (...asked) => this.#own.wanted(...asked);
  readonly untold: OwnWrites['untold'] = (...told) => this.#own.untold(...told);

  /** Asks the site of a version for the state of a key. */
  readonly want = (db: number, key: string, version: Version): void => this.#own.want(db, key, version);

  /** The next unit of the stream. @param deletions - what each of its deletes of one key is. */
  unit(unit: Unit, deletions: readonly Deletion[] = none): void {
    const shard = this.#shard;
    let own: OwnMarker | undefined;
    const peers: PeerMarker[] = [];
    for (const { command, db } of unit.commands) {
      if (own !== undefined && shard.book.swept(command)) continue;
      const news = shard.book.read(command, db, own !== undefined);
      if (news === undefined) continue;
      if (news.type === 'marked') {
        own ??= news.own;
        peers.push(...news.peers);
      } else {
        shard.pending.change(unit.start, db, (ledger) => {
          ledger.markerDamaged = true;
        });
        this.#host.markerDamaged(news.what);
      }
    }
    let questions: readonly Question[] = none;
    if (own !== undefined) questions = this.#marked(unit, own, peers, deletions);
    else this.#local(unit, deletions);
    shard.at = { replicationId: shard.at!.replicationId, offset: unit.end, db: unit.db };
    // Behind what the unit itself tells.
    this.#own.asked(questions);
    if (own !== undefined && !shard.model.evicted.isEmpty) this.#own.wroteOnEvicted(unit, peers[0]);
  }

  /** Bytes without data. */
  quiet(end: number, db: number): void {
    this.#shard.pending.quiet(end, db);
    this.#shard.at = { replicationId: this.#shard.at!.replicationId, offset: end, db };
  }

  #local(unit: Unit, deletions: readonly Deletion[]): void {
    this.#shard.unitsSinceMarker++;
    const { entry, change } = this.#own.translate(unit, deletions);
    const { pending } = this.#shard;
    if (entry !== undefined) pending.entry(unit.end, unit.db, entry, change);
    else if (change !== undefined) pending.change(unit.end, unit.db, change);
    else pending.quiet(unit.end, unit.db);
  }

  /** Returns what is asked in what an earlier process has taken. */
  #marked(
    unit: Unit,
    own: OwnMarker,
    peers: readonly PeerMarker[],
    deletions: readonly Deletion[],
  ): readonly Question[] {
    const shard = this.#shard;
    shard.tallies.loopsSuppressed++;
    shard.unitsSinceMarker = 0;
    const batch = this.#lane.seen(own);
    if (batch === undefined) this.#host.foreignMarker(own);
    const peer = peers[0];
    const changes: Change[] = [this.#markerChange(own, peers)];
    const corrected = this.#correctionsSeen(own.correction, changes);
    for (const { keys } of corrected) for (const state of keys) shard.restoring.delete(state);
    const readded = corrected.some((correction) => correction.readds === true);
    const { entry: deleted, suspects } = readded
      ? this.#readded(unit, deletions, corrected, changes)
      : this.#own.expired(unit);
    let questions: readonly Question[] = none;
    if (batch !== undefined) {
      if (batch.kind === 'fence') this.#fences.seen(batch);
      const flushed = (batch.flushed ?? none).flatMap((db) => this.#flushed(db, batch.number, changes));
      this.comparisons.confirm(unit, knownAs(batch), batch.keys, [...suspects, ...flushed], changes);
      this.#reAdds.ofKeys(batch.keys, batch.number, changes);
      notePushes(unit, batch.keys);
      if (peer !== undefined && batch.kind === 'remote') this.#settle(peer.origin, batch, changes);
    } else questions = this.#earlier(unit, peer, corrected, suspects, changes);
    const noted = shard.takeChange();
    if (noted !== undefined) changes.push(noted);
    const change: Change = (ledger) => {
      for (const apply of changes) apply(ledger);
    };
    if (deleted === undefined) shard.pending.change(unit.end, unit.db, change);
    else shard.pending.entry(unit.end, unit.db, deleted, change);
    return questions;
  }

  /** What commands of ours had added was added again: a local write. */
  #readded(
    unit: Unit,
    deletions: readonly Deletion[],
    corrected: readonly Batch[],
    changes: Change[],
  ): { readonly entry: Entry | undefined; readonly suspects: readonly KeyState[] } {
    const { entry, change } = this.#own.translate(unit, deletions, true);
    if (change !== undefined) changes.push(change);
    this.#reAdds.seen(corrected);
    return { entry, suspects: none };
  }

  /** A database was flushed: what was followed of its keys is gone, and is compared with what is left. */
  #flushed(db: number, call: number, changes: Change[]): readonly KeyState[] {
    const touched = [...this.#shard.model.databases.flushSeen(db)];
    this.#reAdds.ofKeys(this.#shard.model.states(), call, changes);
    return touched;
  }

  /** A unit that an earlier process sent: its ops are in our inbox, or it is a correction that the ledger held. */
  #earlier(
    unit: Unit,
    peer: PeerMarker | undefined,
    corrected: readonly Batch[],
    suspects: readonly KeyState[],
    changes: Change[],
  ): readonly Question[] {
    let questions: readonly Question[] = none;
    const settlements: Settlement[] = [];
    const keys = new Set<KeyState>(suspects);
    const waiting: KeyState[] = [];
    for (const correction of corrected) {
      for (const settlement of correction.settlements) settlements.push(settlement);
      for (const state of correction.keys) {
        waiting.push(state);
        keys.add(state);
      }
    }
    const ops: VersionedOp[] = [];
    const flushed = new Set<KeyState>();
    const effects = new Effects();
    const call = this.#shard.nextCall();
    const inbox = peer && this.#shard.inbox(peer.origin);
    if (peer !== undefined && inbox !== undefined && peer.seq > inbox.settled) {
      if (inbox.received < peer.seq) this.#host.entriesMissing(peer, inbox.received);
      const taken = takeEntries(
        this.#shard,
        this.#host,
        inbox,
        { seq: peer.seq, unit },
        { ops, keys, effects, flushed },
      );
      this.#settle(peer.origin, { ...taken, settles: peer }, changes);
      this.#own.read(taken.passedOver, changes);
      ({ questions } = taken);
    }
    for (const state of flushedBy(this.#shard.model, unit)) flushed.add(state);
    for (const state of flushed) {
      state.shadow ??= new Shadow();
      state.shadow.flushed();
      keys.add(state);
    }
    const args = [...corrected.flatMap((correction) => correction.args), ...effects.args];
    this.comparisons.confirm(unit, { type: 'earlier', cause: { ops, settlements }, args }, waiting, [...keys], changes);
    this.#reAdds.ofKeys(keys, call, changes);
    return questions;
  }

  #markerChange(own: OwnMarker, peers: readonly PeerMarker[]): Change {
    const { book, codec } = this.#shard;
    const fields: [string, string][] = peers.map((peer) => [peer.origin, book.field(peer.origin)]);
    fields.push([ownField, codec.own(own)]);
    const whole = book.repairs().length === 0;
    return (ledger) => {
      if (whole) ledger.markerDamaged = false;
      for (const [field, value] of fields) ledger.marker[field] = value;
    };
  }

  /** A call tells what stood at the ends of lists that it replaced. */
  replaced(call: number, states: readonly KeyState[], ends: readonly ReplyValue[]): void {
    const changes: Change[] = [];
    this.#reAdds.replaced(call, states, ends, changes);
    if (changes.length > 0) this.#shard.changeHere(changes);
  }

  #settle(
    origin: string,
    done: Pick<Batch, 'settles' | 'reported' | 'units' | 'ops' | 'newestUnit' | 'unrun' | 'noted'>,
    changes: Change[],
  ): void {
    const inbox = this.#shard.inbox(origin);
    if (inbox === undefined) return;
    const { seq, time } = done.settles;
    inbox.settle(seq, time);
    this.#shard.settlements++;
    inbox.appliedEntries += done.units;
    inbox.appliedOps += done.ops;
    if (done.newestUnit > 0) inbox.lagSeconds = lagSince(done.newestUnit, this.#shard.now());
    changes.push(settleChange(origin, seq, time, done.reported));
    const { unrun = none, noted } = done;
    if (noted !== undefined) changes.push(noted);
    if (unrun.length > 0) changes.push((ledger) => noteUnrun(ledger, origin, unrun));
  }

  #correctionsSeen(id: number, changes: Change[]): Batch[] {
    const seen = this.#corrections.seen(id);
    if (seen.length > 0) {
      changes.push((ledger) => {
        ledger.corrections = ledger.corrections.filter((correction) => correction.id > id);
      });
    }
    return seen;
  }
}

const none: readonly never[] = [];
