/** What an earlier process has sent and nobody has settled: its entries are in the inbox, and the stream shows what it did. */

import {
  decideFlush,
  decideOp,
  type Effects,
  eachCell,
  type KeyState,
  type KindIndex,
  type Model,
  Shadow,
  type Stamp,
  type Unit,
  type VersionedOp,
} from '@entwine/core';
import type { Batch } from './apply-lane.ts';
import type { Inbox } from './inbox.ts';
import type { LibraryOp } from './libraries.ts';
import { type Shard, stampOf } from './shard.ts';
import type { Unrun } from './unrun.ts';

/** What the entries of a unit come to. */
export interface Taken {
  readonly ops: VersionedOp[];
  readonly keys: Set<KeyState>;
  readonly effects: Effects;
}

/** Merges the entries up to a sequence number; what they took was written before. */
export function takeEntries(
  { model }: Shard,
  host: { library(op: LibraryOp, stamp: Stamp): unknown },
  inbox: Inbox,
  seq: number,
  { ops, keys, effects }: Taken,
): Pick<Batch, 'units' | 'ops' | 'newestUnit' | 'reported' | 'unrun'> {
  let [units, newestUnit, reported] = [0, 0, 0];
  const unrun: Unrun[] = [];
  while (inbox.waiting > 0 && inbox.peek()!.seq <= seq) {
    const entry = inbox.take();
    if (entry.type === 'heartbeat') {
      reported = entry.received;
      inbox.cut = entry.cut ?? inbox.cut;
      continue;
    }
    units++;
    newestUnit = entry.time;
    for (const op of entry.ops) {
      const stamp = stampOf(entry, inbox);
      if (op.type === 'library') {
        host.library(op, stamp);
        continue;
      }
      ops.push({ op, version: { time: stamp.time, priority: stamp.priority, index: op.index } });
      if (op.type === 'flush') decideFlush(model, op, stamp, effects);
      else {
        const { state, ask, unrun: isUnrun } = decideOp(model, op, stamp, effects);
        if (isUnrun) unrun.push([stamp.time, op.index]);
        keys.add(state);
        // That the earlier process has asked may not have reached its log.
        if (ask !== undefined) model.wanting.add(state);
      }
    }
  }
  return { units, ops: ops.length, newestUnit, reported, unrun };
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
