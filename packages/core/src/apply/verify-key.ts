/**
 * The race with local writers, settled: when a batch's marker returns, the local writes before it in the stream are known,
 * and so is what the batch has made of the key. Where that is not what the model says, the model's value is written back.
 *
 * A correction is conditional: it writes only if the cell still holds what the batch left there; numbers are corrected by
 * difference, so that increments in between are kept. A correction is itself sent with a marker and verified like any
 * batch, until no local write comes between.
 */
import { equalBytes } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import { baseOf, matchBase } from '../merge/counting.ts';
import { type CellValue, eachCell, findCell, type KeyState, type KindIndex, kinds } from '../merge/key-state.ts';
import type { Model } from '../merge/model.ts';
import { type Content, contentOf, contentOfCell, integerOf, numeral } from '../merge/read-key.ts';
import type { Command } from '../resp/command.ts';
import { compareVersions, type Version } from '../version/version.ts';
import { type Echo, type EchoCell, readEcho } from './echo.ts';
import { type Effects, type Settlement, scoreText, type Test } from './effects.ts';

/** What a marked unit was to do on a key. */
export interface Cause {
  readonly ops: readonly Op[];
  readonly settlements: readonly Settlement[];
}

const missing: Content = { type: 'absent' };

/**
 * Compares what a marked unit made of a key with the model, and appends corrections.
 * @param commands - the unit's commands on this key, in order.
 * @param cause - what the unit was to do on this key: the batch's ops, or the settlements of a correction.
 * @param nowMs - the wall clock; an expiry that has passed was not set as it stands (see `expiryGraceMs`).
 * @returns how many cells needed one.
 */
export function verifyKey(
  model: Model,
  state: KeyState,
  commands: readonly Command[],
  cause: Cause,
  nowMs: number,
  effects: Effects,
): number {
  const echo = readEcho(commands);
  effects.select(state.db);
  let corrected = 0;
  for (const cell of echo.cells.values()) corrected += verifyCell(model, state, cell, cause, effects);
  if (echo.wiped) corrected += restoreCells(model, state, echo, effects);
  return corrected + verifyExpiry(model, state, echo, nowMs, effects);
}

function verifyCell(model: Model, state: KeyState, echoed: EchoCell, cause: Cause, effects: Effects): number {
  const { kind, field } = echoed;
  const wanted = contentOf(state, kind, field, model.cut);
  if (wanted === undefined) return 0;
  if (echoed.known !== undefined) {
    return wanted.type === 'added' ? 0 : settleKnown(model, state, kind, field, echoed.known, wanted, effects);
  }
  const surplus = echoed.plus - expectedSum(model, state, kind, field, cause);
  if (surplus === 0n) return 0;
  effects.settle(settlement(model, state, kind, field, -surplus), wanted.type === 'absent' ? surplus.toString() : '');
  return 1;
}

/** The cell holds `held`; the model wants something else. */
function settleKnown(
  model: Model,
  state: KeyState,
  kind: KindIndex,
  field: string,
  held: CellValue | null,
  wanted: Content,
  effects: Effects,
): number {
  const value = wanted.type === 'value' ? wanted.value : null;
  if (sameValue(held, value)) return 0;
  const from = kind === kinds.set ? undefined : integerOf(held);
  const to = kind === kinds.set ? undefined : integerOf(value);
  if (from !== undefined && to !== undefined) {
    effects.settle(settlement(model, state, kind, field, to - from), value === null ? from.toString() : '');
    return 1;
  }
  const [test, expected] = testFor(kind, held);
  effects.when(test, state.key, field, expected, () => {
    if (value === null) effects.remove(kind, state.key, field);
    else effects.write(kind, state.key, field, value);
  });
  return 1;
}

/** After the key was deleted or overwritten: what lives and was not written again. */
function restoreCells(model: Model, state: KeyState, echo: Echo, effects: Effects): number {
  let restored = 0;
  eachCell(state, (kind, field, cell) => {
    if (echo.cells.has(`${kind}${field}`)) return;
    const content = contentOfCell(state, kind, cell, model.cut);
    const wanted: Content =
      content?.type === 'added' ? { type: 'value', value: numeral(kind, content.sum) } : (content ?? missing);
    restored += settleKnown(model, state, kind, field, null, wanted, effects);
  });
  return restored;
}

function verifyExpiry(model: Model, state: KeyState, echo: Echo, nowMs: number, effects: Effects): number {
  if (echo.expiry === undefined || state.expiryVersion === undefined || state.expiryVersion.time <= model.cut) return 0;
  if ((state.expiry ?? -1) === echo.expiry) return 0;
  const expiry = state.expiry;
  if (expiry !== null && expiry <= nowMs && echo.expiry !== -1) return 0;
  effects.when('e', state.key, '', String(echo.expiry), () => effects.expire(state.key, expiry));
  return 1;
}

function settlement(model: Model, state: KeyState, kind: KindIndex, field: string, by: bigint): Settlement {
  const base = baseOf(state, findCell(state, kind, field), model.cut);
  return { db: state.db, key: state.key, kind, field, by, base };
}

/** Whether a cell still stands on the base it had when it was corrected; a base may be forgotten in between. */
function sameBase(then: Version | undefined, now: Version | undefined): boolean {
  return now === undefined || (then !== undefined && compareVersions(then, now) === 0);
}

/** What the unit's increments that still count add to the cell. */
function expectedSum(model: Model, state: KeyState, kind: KindIndex, field: string, cause: Cause): bigint {
  const base = baseOf(state, findCell(state, kind, field), model.cut);
  let sum = 0n;
  for (const op of cause.ops) {
    if (op.type !== 'count' || kinds[op.cell] !== kind || op.field !== field) continue;
    if (matchBase(op.base, base, model.cut) === 'current') sum += op.by;
  }
  for (const made of cause.settlements) {
    if (made.kind === kind && made.field === field && sameBase(made.base, base)) sum += made.by;
  }
  return sum;
}

function testFor(kind: KindIndex, held: CellValue | null): [Test, string | Uint8Array] {
  if (kind === kinds.string) return held === null ? ['n', ''] : ['s', held as Uint8Array];
  if (kind === kinds.hash) return held === null ? ['i', ''] : ['h', held as Uint8Array];
  if (kind === kinds.set) return [held === null ? 'o' : 'm', ''];
  return held === null ? ['y', ''] : ['z', scoreText(held as number)];
}

function sameValue(a: CellValue | null, b: CellValue | null): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return equalBytes(a, b);
  return a === b;
}
