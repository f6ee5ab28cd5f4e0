/**
 * Confirming: a marked unit has come back by the stream, and the local writes that came before it are known now.
 *
 * For each key of the batch that a local write touched since the batch was decided, what the unit made of the key is
 * compared with the model; what differs becomes a correction. Without a record of the decision (the batch was sent by an
 * earlier process) every key is compared.
 */
import {
  argumentCount,
  argumentText,
  type Cause,
  type Command,
  Effects,
  type KeyState,
  type Model,
  type Op,
  type Settlement,
  standaloneMarkerKey,
  type Unit,
  unixOfTime,
  verifyKey,
} from '@entwine/core';

const none: readonly never[] = [];

/** What a marked unit was to do, key by key. */
export interface Expected {
  readonly ops: readonly Op[];
  /** The keys of `ops`, in step; for a correction, none: its keys are read from the unit. */
  readonly states: readonly KeyState[];
  readonly settlements: readonly Settlement[];
  /** Local units counted when it was decided; -1 when nobody knows. */
  readonly decidedAt: number;
}

/** The commands of a unit that are on keys of the user's, by database and key. */
export function commandsByKey(
  unit: Unit,
): Map<string, { readonly db: number; readonly key: string; readonly commands: Command[] }> {
  const byKey = new Map<string, { db: number; key: string; commands: Command[] }>();
  for (const { command, db } of unit.commands) {
    if (argumentCount(command) < 2) continue;
    const key = argumentText(command, 1);
    if (key === standaloneMarkerKey) continue;
    const id = `${db} ${key}`;
    const found = byKey.get(id);
    if (found === undefined) byKey.set(id, { db, key, commands: [command] });
    else found.commands.push(command);
  }
  return byKey;
}

/**
 * Compares, and returns the corrections.
 * @param suspects - keys to compare in any case.
 */
export function confirm(
  model: Model,
  unit: Unit,
  expected: Expected,
  suspects: readonly KeyState[],
  nowMs: number,
): { readonly effects: Effects; readonly corrected: number } {
  const effects = new Effects();
  const doubtful = doubtfulKeys(model, unit, expected);
  for (const state of suspects) doubtful.add(state);
  if (doubtful.size === 0) return { effects, corrected: 0 };
  const commands = commandsByKey(unit);
  let corrected = 0;
  for (const state of doubtful) {
    const cause: Cause = {
      ops: expected.ops.filter((op) => op.db === state.db && op.key === state.key),
      settlements: expected.settlements.filter((made) => made.db === state.db && made.key === state.key),
    };
    corrected += verifyKey(
      model,
      state,
      commands.get(`${state.db} ${state.key}`)?.commands ?? none,
      cause,
      nowMs,
      effects,
    );
  }
  return { effects, corrected };
}

function doubtfulKeys(model: Model, unit: Unit, expected: Expected): Set<KeyState> {
  const doubtful = new Set<KeyState>();
  if (expected.ops.length > 0) {
    for (const state of expected.states) if (state.touched > expected.decidedAt) doubtful.add(state);
    return doubtful;
  }
  for (const { db, key } of commandsByKey(unit).values()) {
    const state = model.find(db, key);
    if (state !== undefined && state.touched > expected.decidedAt) doubtful.add(state);
  }
  return doubtful;
}

/**
 * Keys that the server itself deleted within a marked unit, because they had expired: a delete naming one key once (the
 * script names it twice).
 */
export function serverDeletes(unit: Unit): readonly { readonly db: number; readonly key: string }[] {
  let found: { db: number; key: string }[] | undefined;
  for (const { command, db } of unit.commands) {
    if (command.name !== 'DEL' && command.name !== 'UNLINK') continue;
    if (argumentCount(command) !== 2) continue;
    const key = argumentText(command, 1);
    if (key === standaloneMarkerKey) continue;
    found ??= [];
    found.push({ db, key });
  }
  return found ?? none;
}

/** Seconds between a write and now. */
export function lagSince(time: number, nowMs: number): number {
  return Math.max(0, nowMs - unixOfTime(time)) / 1000;
}
