/**
 * Confirming: a unit of ours has come back by the stream.
 *
 * Its keys are no longer waiting for it. A key with a shadow (a local write came in between) takes up what the unit made of
 * it, and is compared with the model once nothing more is on its way to it; what differs becomes a correction. Where nobody
 * remembers how the unit was decided, because an earlier process sent it, every key of it gets a shadow.
 */
import {
  argumentCount,
  argumentText,
  type ByteString,
  type Cause,
  type Command,
  compareKey,
  contestedEntries,
  Effects,
  type ExpectedSum,
  expectedSum,
  type KeyState,
  type Model,
  meantSteps,
  Shadow,
  standaloneMarkerKey,
  type Unit,
  unixOfTime,
} from '@entwine/core';
import type { Batch } from './apply-lane.ts';

/** Corrections of one key in a row, each found wanting. */
const maxCorrections = 50;
const none: readonly never[] = [];
const all: ExpectedSum = (_kind, _field, added) => added;
const nothing: ExpectedSum = () => 0n;

/** What a unit was, as far as this process knows. */
export type Known =
  /** Decided here: increments were meant as they came. */
  | { readonly type: 'remote'; readonly args: readonly (string | Uint8Array)[] }
  /** A correction of ours: increments take a surplus away. */
  | { readonly type: 'correction'; readonly args: readonly (string | Uint8Array)[] }
  /** Sent by an earlier process: what counts is worked out from its cause; `args` is what it would be now. */
  | { readonly type: 'earlier'; readonly cause: Cause; readonly args: readonly (string | Uint8Array)[] };

/** What confirming found. */
export interface Confirmed {
  readonly effects: Effects;
  /** The keys that `effects` corrects. */
  readonly keys: readonly KeyState[];
  /** Those of them that are written to without a condition. */
  readonly blind: readonly KeyState[];
  /** Cells and registers that differed. */
  readonly differing: number;
  /** Keys that wait for another call before they are compared; keys that were compared. */
  readonly deferred: readonly KeyState[];
  readonly compared: readonly KeyState[];
}

/**
 * Takes a unit of ours up.
 * @param waiting - keys that counted it as in flight.
 * @param suspects - keys to be compared in any case.
 */
export function confirm(
  model: Model,
  unit: Unit,
  known: Known,
  waiting: readonly KeyState[],
  suspects: readonly KeyState[],
  nowMs: number,
): Confirmed {
  for (const state of waiting) state.inFlight--;
  noteWritten(unit, waiting);
  noteWritten(unit, suspects);
  for (const state of suspects) state.shadow ??= new Shadow();
  const doubtful = new Set<KeyState>();
  for (const state of waiting) if (state.shadow !== undefined) doubtful.add(state);
  for (const state of suspects) doubtful.add(state);
  const effects = new Effects();
  if (doubtful.size === 0) return { effects, keys: none, blind: none, differing: 0, deferred: none, compared: none };
  const commands = commandsByKey(unit);
  const keys: KeyState[] = [];
  const blind: KeyState[] = [];
  const deferred: KeyState[] = [];
  const compared: KeyState[] = [];
  let differing = 0;
  for (const state of doubtful) {
    const shadow = state.shadow!;
    const meant = meantSteps(known.args, state.db, state.key);
    shadow.echo(
      commands.get(`${state.db} ${state.key}`) ?? none,
      expectation(model, state, known),
      meant,
      known.type !== 'earlier',
    );
    if (known.type === 'earlier') shadow.touched.push(...contestedEntries(state, known.cause));
    if (state.inFlight > 0 || model.databases.awaitFlush(state)) {
      deferred.push(state);
      continue;
    }
    compared.push(state);
    const { differing: found, blind: isBlind } = compareKey(model, state, shadow, nowMs, effects);
    differing += found;
    if (found > 0) keys.push(state);
    // What never comes to agree is left to the comparison between sites.
    if (found === 0 || ++shadow.corrections > maxCorrections) {
      if (found > 0) model.contend(state);
      state.shadow = undefined;
    }
    if (found > 0 && isBlind) blind.push(state);
  }
  return { effects, keys, blind, differing, deferred, compared };
}

function expectation(model: Model, state: KeyState, known: Known): ExpectedSum {
  if (known.type === 'remote') return all;
  if (known.type === 'correction') return nothing;
  const { ops, settlements } = known.cause;
  return expectedSum(model, state, {
    ops: ops.filter(({ op }) => op.db === state.db && op.key === state.key),
    settlements: settlements.filter((made) => made.db === state.db && made.key === state.key),
  });
}

/** Keys that were gone, and to which the unit has written something, are there again; those that have ended may be gone by it. */
function noteWritten(unit: Unit, keys: readonly KeyState[]): void {
  if (!keys.some(({ gone, ends }) => gone || ends !== undefined)) return;
  const commands = commandsByKey(unit);
  for (const state of keys) {
    const last = commands.get(`${state.db} ${state.key}`)?.at(-1);
    if (last !== undefined) state.gone = last.name === 'DEL' || last.name === 'UNLINK';
  }
}

/** The commands of a unit, by database and key; those on the marker, and what a flush took away, left out. */
function commandsByKey(unit: Unit): Map<string, Command[]> {
  const byKey = new Map<string, Command[]>();
  for (const { command, db } of unit.commands) {
    if (command.name === 'FLUSHALL') byKey.clear();
    else if (command.name === 'FLUSHDB') for (const id of byKey.keys()) if (id.startsWith(`${db} `)) byKey.delete(id);
    if (command.name.startsWith('FLUSH') || argumentCount(command) < 2) continue;
    const key = writtenKey(command);
    if (key === standaloneMarkerKey) continue;
    const id = `${db} ${key}`;
    const found = byKey.get(id);
    if (found === undefined) byKey.set(id, [command]);
    else found.push(command);
  }
  return byKey;
}

/** The key that a command of a call of ours writes to. */
export function writtenKey(command: Command): ByteString {
  return argumentText(command, command.name === 'XGROUP' ? 2 : 1);
}

/** A key that the server deleted, and whether the unit has made it again since. */
export interface ServerDelete {
  readonly db: number;
  readonly key: string;
  readonly again: boolean;
}

/**
 * Keys that the server itself deleted within a marked unit, because they had expired: a delete naming one key once (the
 * script names it twice).
 */
export function serverDeletes(unit: Unit): readonly ServerDelete[] {
  let found: { -readonly [Name in keyof ServerDelete]: ServerDelete[Name] }[] | undefined;
  for (const { command, db } of unit.commands) {
    const count = argumentCount(command);
    if (count < 2 || (found === undefined && count !== 2)) continue;
    const key = writtenKey(command);
    for (const deleted of found ?? none) if (deleted.key === key && deleted.db === db) deleted.again = true;
    if ((command.name !== 'DEL' && command.name !== 'UNLINK') || count !== 2 || key === standaloneMarkerKey) continue;
    found ??= [];
    found.push({ db, key, again: false });
  }
  return found ?? none;
}

/** Seconds between a write and now. */
export function lagSince(time: number, nowMs: number): number {
  return Math.max(0, nowMs - unixOfTime(time)) / 1000;
}

/** How a batch that has come back was meant. What an earlier process decided is judged by what stands now. */
export function knownAs({ kind, args, restored, settlements }: Batch): Known {
  if (restored) return { type: 'earlier', cause: { ops: [], settlements }, args };
  return { type: kind === 'correction' ? 'correction' : 'remote', args };
}
