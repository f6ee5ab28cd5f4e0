/**
 * The local stream: what each unit read from it means.
 *
 * - A marked unit is one of our script calls coming back: its batch is confirmed and settled.
 * - Anything else is a local write: translated, versioned, and pending as an entry.
 *
 * Deletes that the server adds to a marked unit (keys that had expired) are local writes of their own.
 */
import {
  decideOp,
  Effects,
  type Entry,
  type KeyState,
  type Op,
  type OwnMarker,
  ownField,
  type PeerMarker,
  type Settlement,
  translateUnit,
  type Unit,
} from '@entwine/core';
import type { ApplyLane, Batch } from './apply-lane.ts';
import { confirm, type Expected, lagSince, serverDeletes } from './confirm.ts';
import type { Corrections } from './corrections.ts';
import { siteOf } from './horizon.ts';
import type { Ledger } from './ledger.ts';
import { type Shard, stampOf } from './shard.ts';

/** What the local stream tells. */
export interface LocalStreamHost {
  /** Somebody else wrote to, or deleted, the marker. */
  markerDamaged(what: string): void;
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
  readonly #host: LocalStreamHost;
  /** Up to here the stream is backlog: written while nobody listened. */
  #backlogEnd = 0;

  constructor(shard: Shard, lane: ApplyLane, corrections: Corrections, host: LocalStreamHost) {
    this.#shard = shard;
    this.#lane = lane;
    this.#corrections = corrections;
    this.#host = host;
  }

  /** The stream begins again; what lies before `backlogEnd` was written during the break. */
  attached(backlogEnd: number): void {
    this.#backlogEnd = backlogEnd;
  }

  /** The next unit of the stream. */
  unit(unit: Unit): void {
    const shard = this.#shard;
    let own: OwnMarker | undefined;
    const peers: PeerMarker[] = [];
    for (const { command, db } of unit.commands) {
      const news = shard.book.read(command, db);
      if (news === undefined) continue;
      if (news.type === 'marked') {
        own ??= news.own;
        peers.push(...news.peers);
      } else this.#host.markerDamaged(news.what);
    }
    if (own !== undefined) this.#marked(unit, own, peers);
    else this.#local(unit);
    shard.at = { replicationId: shard.at!.replicationId, offset: unit.end, db: unit.db };
  }

  /** Bytes without data. */
  quiet(end: number, db: number): void {
    this.#shard.pending.quiet(end, db);
    this.#shard.at = { replicationId: this.#shard.at!.replicationId, offset: end, db };
  }

  #tick(end: number): number {
    const { clock } = this.#shard;
    return clock.tick(end <= this.#backlogEnd ? 0 : this.#shard.now());
  }

  #local(unit: Unit): void {
    const { model, tallies, pending, options, origin } = this.#shard;
    model.beginLocalUnit();
    this.#shard.unitsSinceMarker++;
    const time = this.#tick(unit.end);
    const { ops, untranslated } = translateUnit(unit.commands, model, { time, priority: options.priority, origin });
    const change = untranslated.length > 0 ? this.#noteUntranslated(untranslated) : undefined;
    if (ops.length > 0) {
      tallies.capturedUnits++;
      tallies.capturedOps += ops.length;
      const seq = ++this.#shard.seq;
      pending.entry(unit.end, unit.db, { type: 'unit', seq, time, priority: options.priority, ops }, change);
    } else if (change !== undefined) pending.change(unit.end, unit.db, change);
    else pending.quiet(unit.end, unit.db);
  }

  #noteUntranslated(names: readonly string[]): Change {
    const { tallies } = this.#shard;
    for (const name of names) {
      if (tallies.untranslated[name] === undefined) {
        this.#shard.emit(
          'warn',
          `${name} is not translated by this version: it was not replicated, and this shard needs verification`,
          { command: name },
        );
      }
      tallies.add('untranslated', name);
    }
    const counts = { ...tallies.untranslated };
    return (ledger) => {
      Object.assign(ledger.untranslated, counts);
    };
  }

  #marked(unit: Unit, own: OwnMarker, peers: readonly PeerMarker[]): void {
    const shard = this.#shard;
    shard.tallies.loopsSuppressed++;
    shard.unitsSinceMarker = 0;
    const batch = this.#lane.seen(own);
    if (batch === undefined) this.#host.foreignMarker(own);
    const peer = peers[0];
    const found = this.#expected(own, peer, batch);
    const changes: Change[] = [this.#markerChange(own, peers)];
    const { entry: deleted, suspects } = this.#expired(unit);
    this.#confirm(unit, found, suspects, changes);
    if (peer !== undefined) this.#settle(peer, batch, found, changes);
    if (own.correction > 0) this.#correctionsSeen(own.correction, changes);
    const change: Change = (ledger) => {
      for (const apply of changes) apply(ledger);
    };
    if (deleted === undefined) shard.pending.change(unit.end, unit.db, change);
    else shard.pending.entry(unit.end, unit.db, deleted, change);
  }

  /** What the unit was to do: from the batch, or, if an earlier process sent it, from the entries its marker names. */
  #expected(
    own: OwnMarker,
    peer: PeerMarker | undefined,
    batch: Batch | undefined,
  ): Expected & { units: number; newest: number } {
    if (batch !== undefined) return { ...batch, newest: batch.newestUnit };
    const inbox = peer && this.#shard.inbox(peer.origin);
    const ops: Op[] = [];
    const states: KeyState[] = [];
    let [units, newest] = [0, 0];
    if (peer !== undefined && inbox !== undefined) {
      if (inbox.received < peer.seq) this.#host.entriesMissing(peer, inbox.received);
      const unused = new Effects();
      while (inbox.waiting > 0 && inbox.peek()!.seq <= peer.seq) {
        const entry = inbox.take();
        if (entry.type !== 'unit') continue;
        units++;
        newest = entry.time;
        for (const op of entry.ops) {
          ops.push(op);
          states.push(decideOp(this.#shard.model, op, stampOf(entry, peer.origin), unused).state);
        }
      }
    }
    const settlements: readonly Settlement[] = this.#corrections.settlementsOf(own.correction);
    return { ops, states, settlements, decidedAt: -1, units, newest };
  }

  #markerChange(own: OwnMarker, peers: readonly PeerMarker[]): Change {
    const { book, codec } = this.#shard;
    const fields: [string, string][] = peers.map((peer) => [peer.origin, book.field(peer.origin)]);
    fields.push([ownField, codec.own(own)]);
    return (ledger) => {
      for (const [field, value] of fields) ledger.marker[field] = value;
    };
  }

  /**
   * Keys that had expired and were deleted by the server inside the unit. Where everything about the key is remembered, it
   * is compared with the model like a key that was written to; where not, the delete is a local one and shipped.
   */
  #expired(unit: Unit): { readonly entry: Entry | undefined; readonly suspects: readonly KeyState[] } {
    const shard = this.#shard;
    const { model, options } = shard;
    const suspects: KeyState[] = [];
    const lost: Op[] = [];
    for (const { db, key } of serverDeletes(unit)) {
      const state = model.find(db, key);
      if (state?.root !== undefined && state.root.time > model.cut) suspects.push(state);
      else lost.push({ type: 'delete', db, index: lost.length, key });
    }
    if (lost.length === 0) return { entry: undefined, suspects };
    model.beginLocalUnit();
    const time = this.#tick(unit.end);
    for (const op of lost) model.mergeLocal(op, { time, priority: options.priority, origin: shard.origin });
    shard.tallies.capturedUnits++;
    shard.tallies.capturedOps += lost.length;
    return { entry: { type: 'unit', seq: ++shard.seq, time, priority: options.priority, ops: lost }, suspects };
  }

  #confirm(unit: Unit, expected: Expected, suspects: readonly KeyState[], changes: Change[]): void {
    const shard = this.#shard;
    const { effects, corrected } = confirm(shard.model, unit, expected, suspects, shard.now());
    if (corrected === 0) return;
    shard.tallies.add('corrections', 'reassert', corrected);
    const stored = this.#corrections.decide(++shard.correction, effects, shard.clock.last, shard.model.localUnits);
    changes.push((ledger) => {
      ledger.correction = stored.id;
      ledger.corrections = [...ledger.corrections, stored];
    });
  }

  #settle(
    peer: PeerMarker,
    batch: Batch | undefined,
    found: { units: number; newest: number; ops: readonly Op[] },
    changes: Change[],
  ): void {
    const inbox = this.#shard.inbox(peer.origin);
    if (inbox === undefined) return;
    const { seq, time } = batch?.kind === 'remote' ? batch.settles : peer;
    if (seq <= inbox.settled) return; // a repaired field
    const reported = batch?.reported ?? 0;
    inbox.settle(seq, time);
    inbox.appliedEntries += found.units;
    inbox.appliedOps += found.ops.length;
    if (found.newest > 0) inbox.lagSeconds = lagSince(found.newest, this.#shard.now());
    changes.push(settleChange(peer.origin, seq, time, reported));
  }

  #correctionsSeen(id: number, changes: Change[]): void {
    this.#corrections.seen(id);
    changes.push((ledger) => {
      if (ledger.corrections.length > 0)
        ledger.corrections = ledger.corrections.filter((correction) => correction.id > id);
    });
  }
}

/** The ledger's note that an origin's log has taken effect up to a place. */
export function settleChange(origin: string, seq: number, time: number, reported: number): Change {
  return (ledger) => {
    ledger.settled[origin] = { seq, time };
    const site = siteOf(origin);
    if (reported > (ledger.reported[site] ?? 0)) ledger.reported[site] = reported;
  };
}
