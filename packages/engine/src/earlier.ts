/** What an earlier process has sent and nobody has settled: its entries are in the inbox, and the stream shows what it did. */

import {
  argumentCount,
  argumentText,
  compareVersions,
  type Decision,
  decideFlush,
  decideOp,
  type Effects,
  eachCell,
  type KeyState,
  type KindIndex,
  type Model,
  noteMissed,
  type Op,
  Shadow,
  type Stamp,
  type Time,
  type Unit,
  type Version,
  type VersionedOp,
} from '@entwine/core';
import type { Batch } from './apply-lane.ts';
import type { Inbox } from './inbox.ts';
import type { LibraryOp } from './libraries.ts';
import { type Shard, stampOf } from './shard.ts';
import type { Unrun } from './unrun.ts';

/** What another site asks for, or tells for us to compare. */
export interface Question {
  readonly op: Extract<Op, { type: 'want' | 'check' }>;
  readonly stamp: Stamp;
}

/** What the entries of a unit come to. */
export interface Taken {
  readonly ops: VersionedOp[];
  readonly keys: Set<KeyState>;
  readonly effects: Effects;
  /** Keys that a flush has taken away one by one, as far as they are remembered. */
  readonly flushed: Set<KeyState>;
}

/**
 * Keys to which a unit wrote nothing, though what is merged of it seems to be all that they hold: the earlier process had passed
 * it over, by what it knew and had not written down. So it is not part of the key, which is read and told anew.
 */
class PassedOver {
  readonly keys = new Set<KeyState>();
  readonly #written: ReadonlySet<string>;
  /** By key: up to when what each site had written was part of it, where that was not all. */
  readonly #before = new Map<string, Map<number, Time>>();

  constructor({ commands }: Unit) {
    this.#written = new Set(
      commands.flatMap(({ command, db }) => (argumentCount(command) < 2 ? [] : [`${db} ${argumentText(command, 1)}`])),
    );
  }

  /** Before an op is merged. */
  note({ db, key }: Op, { time, priority }: Stamp, state: KeyState | undefined): void {
    const id = `${db} ${key}`;
    if (this.#written.has(id)) return;
    const before = this.#before.get(id) ?? new Map<number, Time>();
    for (const [site, missed] of [...(state?.missed ?? []), [priority, time - 1] as const])
      before.set(site, Math.min(before.get(site) ?? missed, missed));
    this.#before.set(id, before);
  }

  /** When it is merged. */
  merged(op: Op, stamp: Stamp, { state, unrun }: Decision): void {
    const before = this.#before.get(`${op.db} ${op.key}`);
    if (before === undefined) return;
    const version: Version = { time: stamp.time, priority: stamp.priority, index: op.index };
    const isHeld =
      op.type === 'guarded'
        ? op.base !== null && op.adds && !unrun
        : op.type === 'state' && op.content?.kind === 'list' && state.root !== undefined;
    if (!isHeld || (op.type === 'state' && compareVersions(state.root!, version) !== 0)) return;
    for (const [site, time] of before) noteMissed(state, site, time);
    this.keys.add(state);
  }
}

/** Merges the entries up to a sequence number; what they took was written before, by the unit. */
export function takeEntries(
  shard: Shard,
  host: { library(op: LibraryOp, stamp: Stamp): unknown },
  inbox: Inbox,
  { seq, unit }: { readonly seq: number; readonly unit: Unit },
  { ops, keys, effects, flushed }: Taken,
): Pick<Batch, 'units' | 'ops' | 'newestUnit' | 'reported' | 'unrun'> & {
  readonly passedOver: ReadonlySet<KeyState>;
  readonly questions: readonly Question[];
} {
  const { model, rules, tallies } = shard;
  let [units, newestUnit, reported] = [0, 0, 0];
  const unrun: Unrun[] = [];
  const questions: Question[] = [];
  const passedOver = new PassedOver(unit);
  while (inbox.waiting > 0 && inbox.peek()!.seq <= seq) {
    const entry = inbox.take();
    if (entry.type === 'heartbeat') {
      reported = entry.received;
      continue;
    }
    units++;
    newestUnit = entry.time;
    for (const op of entry.ops) {
      const stamp = stampOf(entry, inbox);
      if (shard.drops(op, stamp.priority)) {
        tallies.add('policies', 'filtered');
        continue;
      }
      if (op.type === 'library') {
        host.library(op, stamp);
        continue;
      }
      // What the earlier process was to read for it, its ledger may not tell.
      if (op.type === 'want' || op.type === 'check') questions.push({ op, stamp });
      if (op.type === 'check') continue;
      ops.push({ op, version: { time: stamp.time, priority: stamp.priority, index: op.index } });
      if (op.type === 'flush') {
        const spared = rules?.sparedBy(stamp.priority);
        if (!decideFlush(model, op, stamp, effects, spared) || spared === undefined) continue;
        for (const state of model.states()) {
          const isHere = op.key === '*' || op.db === state.db;
          if (isHere && model.flushes.spares?.(state.db, state.key, stamp.priority) !== true) flushed.add(state);
        }
      } else {
        passedOver.note(op, stamp, model.find(op.db, op.key));
        const decision = decideOp(model, op, stamp, effects);
        passedOver.merged(op, stamp, decision);
        const { state, ask } = decision;
        if (decision.unrun || (op.type === 'guarded' && passedOver.keys.has(state))) unrun.push([stamp.time, op.index]);
        keys.add(state);
        // That the earlier process has asked may not have reached its log.
        if (ask !== undefined) model.wanting.add(state);
      }
    }
  }
  return { units, ops: ops.length, newestUnit, reported, unrun, passedOver: passedOver.keys, questions };
}

/** The keys of the databases that a unit has flushed, as far as they are remembered. */
export function flushedBy(model: Model, { commands }: Unit): readonly KeyState[] {
  const dbs = new Set<number>();
  let all = false;
  for (const { command, db } of commands) {
    if (command.name === 'FLUSHALL') all = true;
    else if (command.name === 'FLUSHDB') dbs.add(db);
  }
  return all || dbs.size > 0 ? [...model.states()].filter((state) => all || dbs.has(state.db)) : [];
}

/** A key that an earlier process left off following: everything remembered of it is in doubt. */
export function followAnew(model: Model, db: number, key: string): KeyState {
  const state = model.obtain(db, key);
  const cells: [KindIndex, string][] = [];
  eachCell(state, (kind, field) => {
    cells.push([kind, field]);
  });
  state.shadow ??= new Shadow();
  state.shadow.doubt(cells);
  return state;
}
