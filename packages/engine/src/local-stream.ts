/**
 * The local stream: what each unit read from it means.
 *
 * - A marked unit is one of our script calls coming back: its batch is confirmed and settled.
 * - Anything else is a local write: translated, versioned, and pending as an entry.
 *
 * Deletes that the server adds to a marked unit (keys that had expired) are local writes of their own.
 */
import {
  compareKey,
  decideOp,
  Effects,
  type Entry,
  eachCell,
  type KeyState,
  type KindIndex,
  type Model,
  type Op,
  type OwnMarker,
  ownField,
  type PeerMarker,
  type Settlement,
  Shadow,
  translateUnit,
  type Unit,
} from '@entwine/core';
import type { ApplyLane, Batch } from './apply-lane.ts';
import { confirm, type Known, lagSince, serverDeletes } from './confirm.ts';
import type { Corrections } from './corrections.ts';
import { siteOf } from './horizon.ts';
import type { Inbox } from './inbox.ts';
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
  /** Keys whose comparison waits for a call on its way. */
  readonly #deferred = new Set<KeyState>();

  constructor(shard: Shard, lane: ApplyLane, corrections: Corrections, host: LocalStreamHost) {
    this.#shard = shard;
    this.#lane = lane;
    this.#corrections = corrections;
    this.#host = host;
    for (const { db, key } of shard.ledger.deferred) this.#deferred.add(followAnew(shard.model, db, key));
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
      } else {
        shard.pending.change(unit.start, db, (ledger) => {
          ledger.markerDamaged = true;
        });
        this.#host.markerDamaged(news.what);
      }
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
    const changes: Change[] = [this.#markerChange(own, peers)];
    const corrected = this.#correctionsSeen(own.correction, changes);
    const { entry: deleted, suspects } = this.#expired(unit);
    if (batch !== undefined) {
      this.#confirm(unit, knownAs(batch), batch.keys, suspects, changes);
      if (peer !== undefined && batch.kind === 'remote') this.#settle(peer.origin, batch, changes);
    } else this.#earlier(unit, peer, corrected, suspects, changes);
    const change: Change = (ledger) => {
      for (const apply of changes) apply(ledger);
    };
    if (deleted === undefined) shard.pending.change(unit.end, unit.db, change);
    else shard.pending.entry(unit.end, unit.db, deleted, change);
  }

  /** A unit that an earlier process sent: its ops are in our inbox, or it is a correction that the ledger held. */
  #earlier(
    unit: Unit,
    peer: PeerMarker | undefined,
    corrected: readonly Batch[],
    suspects: readonly KeyState[],
    changes: Change[],
  ): void {
    const settlements: Settlement[] = [];
    const keys = new Set<KeyState>(suspects);
    const waiting: KeyState[] = [];
    for (const correction of corrected) {
      settlements.push(...correction.settlements);
      for (const state of correction.keys) {
        waiting.push(state);
        keys.add(state);
      }
    }
    const ops: Op[] = [];
    const effects = new Effects();
    const inbox = peer && this.#shard.inbox(peer.origin);
    if (peer !== undefined && inbox !== undefined && peer.seq > inbox.settled) {
      if (inbox.received < peer.seq) this.#host.entriesMissing(peer, inbox.received);
      const taken = this.#takeEntries(inbox, peer.seq, ops, keys, effects);
      this.#settle(peer.origin, { ...taken, settles: peer }, changes);
    }
    const args = [...corrected.flatMap((correction) => correction.args), ...effects.args];
    this.#confirm(unit, { type: 'earlier', cause: { ops, settlements }, args }, waiting, [...keys], changes);
  }

  /** Merges the entries up to a sequence number; what they took was written before. */
  #takeEntries(
    inbox: Inbox,
    seq: number,
    ops: Op[],
    keys: Set<KeyState>,
    effects: Effects,
  ): { units: number; ops: number; newestUnit: number; reported: number } {
    let [units, newestUnit, reported] = [0, 0, 0];
    while (inbox.waiting > 0 && inbox.peek()!.seq <= seq) {
      const entry = inbox.take();
      if (entry.type === 'heartbeat') {
        reported = entry.received;
        continue;
      }
      units++;
      newestUnit = entry.time;
      for (const op of entry.ops) {
        ops.push(op);
        keys.add(decideOp(this.#shard.model, op, stampOf(entry, inbox.origin), effects).state);
      }
    }
    return { units, ops: ops.length, newestUnit, reported };
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

  /**
   * Keys that had expired and were deleted by the server inside the unit. Where everything about the key is remembered and
   * it should live on, it is compared with the model like a key that was written to; else the delete is a local one, and
   * shipped.
   */
  #expired(unit: Unit): { readonly entry: Entry | undefined; readonly suspects: readonly KeyState[] } {
    const shard = this.#shard;
    const { model, options } = shard;
    const suspects: KeyState[] = [];
    const lost: Op[] = [];
    for (const { db, key } of serverDeletes(unit)) {
      const state = model.find(db, key);
      const remembered = state?.root !== undefined && state.root.time > model.cut;
      const over = state?.expiry !== null && state?.expiry !== undefined && state.expiry <= shard.now();
      if (remembered && !over) suspects.push(state);
      else lost.push({ type: 'delete', db, index: lost.length, key });
    }
    if (lost.length === 0) return { entry: undefined, suspects };
    const time = this.#tick(unit.end);
    for (const op of lost) model.mergeLocal(op, { time, priority: options.priority, origin: shard.origin });
    shard.tallies.capturedUnits++;
    shard.tallies.capturedOps += lost.length;
    return { entry: { type: 'unit', seq: ++shard.seq, time, priority: options.priority, ops: lost }, suspects };
  }

  #confirm(
    unit: Unit,
    known: Known,
    waiting: readonly KeyState[],
    suspects: readonly KeyState[],
    changes: Change[],
  ): void {
    const shard = this.#shard;
    const { effects, keys, differing, deferred, compared } = confirm(
      shard.model,
      unit,
      known,
      waiting,
      suspects,
      shard.now(),
    );
    this.#noteDeferred(deferred, compared, changes);
    this.#decide(effects, keys, differing, changes);
  }

  /**
   * The lane is open: nothing that an earlier process sent can come any more. Keys it left off following are compared.
   */
  recheck(): void {
    const shard = this.#shard;
    const due = [...this.#deferred].filter((state) => state.inFlight === 0);
    if (due.length === 0) return;
    const effects = new Effects();
    const keys: KeyState[] = [];
    let differing = 0;
    for (const state of due) {
      const found = state.shadow === undefined ? 0 : compareKey(shard.model, state, state.shadow, shard.now(), effects);
      differing += found;
      if (found > 0) keys.push(state);
      else state.shadow = undefined;
    }
    const changes: Change[] = [];
    this.#noteDeferred([], due, changes);
    this.#decide(effects, keys, differing, changes);
    const { offset, db } = shard.at!;
    shard.pending.change(offset, db, (ledger) => {
      for (const apply of changes) apply(ledger);
    });
  }

  #noteDeferred(deferred: readonly KeyState[], compared: readonly KeyState[], changes: Change[]): void {
    let changed = false;
    for (const state of deferred) {
      if (this.#deferred.has(state)) continue;
      this.#deferred.add(state);
      changed = true;
    }
    for (const state of compared) if (this.#deferred.delete(state)) changed = true;
    if (!changed) return;
    const keys = [...this.#deferred].map(({ db, key }) => ({ db, key }));
    changes.push((ledger) => {
      ledger.deferred = keys;
    });
  }

  #decide(effects: Effects, keys: readonly KeyState[], differing: number, changes: Change[]): void {
    const shard = this.#shard;
    if (differing === 0) return;
    shard.tallies.add('corrections', 'reassert', differing);
    const stored = this.#corrections.decide(++shard.correction, effects, keys, shard.clock.last);
    changes.push((ledger) => {
      ledger.correction = stored.id;
      ledger.corrections = [...ledger.corrections, stored];
    });
  }

  #settle(
    origin: string,
    done: Pick<Batch, 'settles' | 'reported' | 'units' | 'ops' | 'newestUnit'>,
    changes: Change[],
  ): void {
    const inbox = this.#shard.inbox(origin);
    if (inbox === undefined) return;
    const { seq, time } = done.settles;
    inbox.settle(seq, time);
    inbox.appliedEntries += done.units;
    inbox.appliedOps += done.ops;
    if (done.newestUnit > 0) inbox.lagSeconds = lagSince(done.newestUnit, this.#shard.now());
    changes.push(settleChange(origin, seq, time, done.reported));
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

/** A key that an earlier process left off following: everything remembered of it is in doubt. */
function followAnew(model: Model, db: number, key: string): KeyState {
  const state = model.obtain(db, key);
  const cells: [KindIndex, string][] = [];
  eachCell(state, (kind, field) => {
    cells.push([kind, field]);
  });
  state.shadow ??= new Shadow();
  state.shadow.doubt(cells);
  return state;
}

/** How a batch that has come back was meant. What an earlier process decided is judged by what stands now. */
function knownAs({ kind, args, restored, settlements }: Batch): Known {
  if (restored) return { type: 'earlier', cause: { ops: [], settlements }, args };
  return { type: kind === 'correction' ? 'correction' : 'remote', args };
}

/** The ledger's note that an origin's log has taken effect up to a place. */
export function settleChange(origin: string, seq: number, time: number, reported: number): Change {
  return (ledger) => {
    ledger.settled[origin] = { seq, time };
    const site = siteOf(origin);
    if (reported > (ledger.reported[site] ?? 0)) ledger.reported[site] = reported;
  };
}
