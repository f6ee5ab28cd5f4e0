/**
 * Comparing a key's shadow with the model, when nothing of ours is on its way to the key: what differs is corrected.
 *
 * A correction is conditional: it writes only if the cell still holds what the shadow says; numbers are corrected by
 * difference, so that increments in between are kept. A correction is itself sent with a marker and followed by the shadow,
 * and the key is compared again when it has come back.
 */
import { type ByteString, equalBytes } from '../bytes/byte-string.ts';
import { entryCell } from '../commands/stream-cells.ts';
import type { ExpiryTime } from '../entry/entry.ts';
import { type CellValue, integerOf, type KindIndex, kinds, numeral } from '../merge/cell-value.ts';
import { baseOf } from '../merge/counting.ts';
import { expiryOf, newestEnd } from '../merge/ends.ts';
import { expiryGraceMs } from '../merge/expiry-grace.ts';
import { isChainLive, isReturning } from '../merge/guarded.ts';
import { eachCell, findCell, type KeyState } from '../merge/key-state.ts';
import { noteWipe } from '../merge/lost-adds.ts';
import type { Model } from '../merge/model.ts';
import {
  type Content,
  contentOf,
  contentOfCell,
  hasLiveLayers,
  isKnownDead,
  isKnownWhole,
  isLayerLive,
  isStreamLive,
} from '../merge/read-key.ts';
import { cellId, type Shadow, type ShadowCell } from '../merge/shadow.ts';
import { newest } from '../version/version.ts';
import { hasDeadGroup, livingIds, putBackStream, restoreStream, restoreTrim } from './decide-stream.ts';
import { type Effects, type Settlement, scoreText, type Test } from './effects.ts';
import { putBackLayers, rewrite } from './rewrite.ts';

/** What a comparison found. */
export interface Compared {
  /** How many cells and registers differ. */
  readonly differing: number;
  /** Whether something is written without a condition. */
  readonly blind: boolean;
}

/**
 * Appends what it takes to make Redis hold what the model says.
 * @param nowMs - the wall clock; an expiry that has passed was not set as it stands (see `expiryGraceMs`).
 */
export function compareKey(model: Model, state: KeyState, shadow: Shadow, nowMs: number, effects: Effects): Compared {
  effects.select(state.db);
  if (shadow.lost || (shadow.wiped && shadow.other)) wantChain(model, state);
  const isDead = holdsDead(model, state, shadow) || holdsEnded(state, shadow) || mayHoldDead(model, state, shadow);
  if (isDead || hasWrongBase(model, state, shadow)) {
    rewrite(model, state, effects);
    shadow.touched = [];
    shadow.stayed = false;
    // What commands of ours add until then goes too, and is added again.
    noteWipe(state, newest(state.root, newestEnd(state)), undefined, model.call);
    return { differing: 1, blind: true };
  }
  let differing = 0;
  for (const cell of shadow.cells.values()) differing += compareCell(model, state, cell, effects);
  if (shadow.wiped) differing += restoreCells(model, state, shadow, effects);
  const blind = shadow.touched.length > 0;
  differing += restoreTouched(state, shadow, effects);
  differing += removeDeadEntries(state, shadow, effects);
  if (shadow.wiped) differing += restoreRest(state, shadow, effects);
  differing += compareExpiry(model, state, shadow, nowMs, effects);
  // A correction may have to make the key anew, and a new key has no expiry.
  const expiry = expiryOf(state);
  if (differing > 0 && expiry !== null) effects.when('e', state.key, '', '-1', () => effects.expire(state.key, expiry));
  return { differing, blind };
}

/** What another site's commands have made of a key that was lost before they ran is not what they made of it there. */
function wantChain(model: Model, state: KeyState): void {
  const { chain } = state;
  if (chain === undefined || !isChainLive(state, kinds[chain.kind]) || model.isOwn(chain.version)) return;
  state.wanted = newest(state.wanted, chain.version);
  model.wanting.add(state);
}

/** Whether Redis holds what is not followed by cells and does not live: that can only be deleted with the key. */
function holdsDead(model: Model, state: KeyState, shadow: Shadow): boolean {
  const { root, ends, otherAdd, layers } = state;
  // What is not remembered, and nothing remembered has killed, is part of what everybody holds.
  const killed = (root !== undefined && root.time > model.cut) || ends !== undefined || otherAdd !== undefined;
  if (!killed) return false;
  if (!shadow.wiped) return holdsDeadStream(model, state, shadow);
  if (shadow.other && isAllKnown(state) && (state.chain === undefined || !isChainLive(state, kinds[state.chain.kind])))
    return true;
  if (shadow.entries !== undefined) {
    const living = livingIds(state);
    if (living === undefined) return true;
    for (const id of shadow.entries) if (!living.has(id)) return true;
    if (shadow.groups !== undefined && hasDeadGroup(state, shadow.groups)) return true;
  }
  for (const id of shadow.layers) {
    const layer = layers?.get(id);
    if (layer === undefined || !isLayerLive(state, layer)) return true;
  }
  return false;
}

/**
 * Whether entries were written to a stream that is known to be gone: an earlier process sent them, and the key was deleted before
 * they arrived.
 */
function holdsDeadStream(model: Model, state: KeyState, { entries }: Shadow): boolean {
  return entries !== undefined && entries.size > 0 && livingIds(state) === undefined && isKnownWhole(state, model.cut);
}

/** Removes entries of a stream that lives which were written to it and do not live, as far as they are remembered. */
function removeDeadEntries(state: KeyState, { entries }: Shadow, effects: Effects): number {
  const living = entries === undefined ? undefined : livingIds(state);
  if (living === undefined) return 0;
  const { count } = effects;
  for (const id of entries!) if (!living.has(id)) restoreStream(state, entryCell(id), effects);
  return effects.count - count;
}

/**
 * Whether bits or sketch elements stand there without the string that they are to lie over, or over one that is dead. What
 * they have made of that nobody knows, so nothing can be made of it on a condition.
 */
function hasWrongBase(model: Model, state: KeyState, shadow: Shadow): boolean {
  if (!shadow.wiped || shadow.layers.size === 0) return false;
  const held = shadow.held(kinds.string, '');
  const base = contentOf(state, kinds.string, '', model.cut);
  if (base?.type === 'absent') return held instanceof Uint8Array;
  return base?.type === 'value' && base.value !== null && !(held instanceof Uint8Array && sameValue(held, base.value));
}

/** Whether a key that is gone may still hold what came before that, and is not even remembered: an earlier process was at it. */
function mayHoldDead(model: Model, state: KeyState, shadow: Shadow): boolean {
  return shadow.isDoubted && isAllKnown(state) && isKnownDead(state, model.cut);
}

/**
 * Whether what an end was to take away is there: Redis held it, though not as a key that expires, and the stream has
 * shown nothing since that keeps it. (Valkey tells EXPIREAT with a time that has passed as an expiry.)
 */
function holdsEnded(state: KeyState, shadow: Shadow): boolean {
  return shadow.stayed && newestEnd(state) !== undefined && isAllKnown(state);
}

/** Whether nothing of the key is to be read, to come or to be added again. */
function isAllKnown(state: KeyState): boolean {
  return state.asked + state.partAsks === 0 && state.wanted === undefined && !isReturning(state);
}

/** After the key was deleted or overwritten: the bits, the sketch elements and the stream that live and are not there. */
function restoreRest(state: KeyState, shadow: Shadow, effects: Effects): number {
  const { count } = effects;
  for (const [id, layer] of state.layers ?? []) {
    if (!shadow.layers.has(id) && isLayerLive(state, layer)) effects.layer(state.key, layer);
  }
  const living = livingIds(state);
  if (living !== undefined && !isWithin(living, shadow.entries)) putBackStream(state, effects);
  return effects.count - count;
}

function isWithin(ids: ReadonlySet<ByteString>, held: ReadonlySet<ByteString> | undefined): boolean {
  if (held === undefined) return false;
  for (const id of ids) if (!held.has(id)) return false;
  return true;
}

/** Writes again what cannot be compared: bits, sketch elements, cells of streams. */
function restoreTouched(state: KeyState, shadow: Shadow, effects: Effects): number {
  const { count } = effects;
  for (const op of shadow.touched) {
    if (op.type === 'stream') restoreStream(state, op.cell, effects);
    else if (op.type === 'trim') restoreTrim(state, op.before, effects);
  }
  if (state.layers !== undefined && shadow.touched.length > 0) putBackLayers(state, effects);
  shadow.touched = [];
  return effects.count - count;
}

function compareCell(
  model: Model,
  state: KeyState,
  { kind, field, known, surplus, counted, doubtful }: ShadowCell,
  effects: Effects,
): number {
  const wanted = contentOf(state, kind, field, model.cut);
  if (doubtful && wanted !== undefined && wanted.type !== 'added' && wanted.type !== 'unknown') {
    // Written without a condition: there is nothing to compare with. What it overwrites is in the stream before its marker.
    if (wanted.type === 'value') effects.write(kind, state.key, field, wanted.value);
    else effects.remove(kind, state.key, field);
    return 1;
  }
  if (known !== undefined) {
    return wanted === undefined || wanted.type === 'added' || wanted.type === 'unknown'
      ? 0
      : settleKnown(model, state, kind, field, known, wanted, effects);
  }
  const isDead = wanted?.type === 'absent';
  if ((surplus === 0n && !(isDead && counted)) || wanted?.type === 'unknown') return 0;
  effects.settle(settlement(model, state, kind, field, -surplus), isDead ? surplus.toString() : '');
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
function restoreCells(model: Model, state: KeyState, shadow: Shadow, effects: Effects): number {
  let restored = 0;
  eachCell(state, (kind, field, cell) => {
    if (shadow.cells.has(cellId(kind, field))) return;
    const content = contentOfCell(state, kind, cell, model.cut, field);
    if (content === undefined || content.type === 'absent' || content.type === 'unknown') return;
    const wanted: Content = content.type === 'added' ? { type: 'value', value: numeral(kind, content.sum) } : content;
    restored += settleKnown(model, state, kind, field, null, wanted, effects);
  });
  return restored;
}

function compareExpiry(model: Model, state: KeyState, shadow: Shadow, nowMs: number, effects: Effects): number {
  const { expiry: held } = shadow;
  const { expiryVersion } = state;
  const wanted = expiryOf(state);
  const lost = shadow.doubtsExpiry || (shadow.mayHaveLostExpiry && wanted !== null);
  // What lived through the end of a key that has expired here expires with it (see `expiryOf`), however long ago that was set. Who
  // sent a call before our start may have forgotten it.
  const isNew = (shadow.wiped || shadow.doubtsExpiry) && state.ends !== undefined;
  const survives = wanted !== null && (expiryVersion === undefined || isNew);
  const known = survives || (expiryVersion !== undefined && expiryVersion.time > model.cut);
  if ((held === undefined && !lost) || !known) return 0;
  if (((wanted ?? -1) === held && !lost) || !isAlive(model, state, shadow)) return 0;
  if (wanted !== null && wanted <= nowMs && !lost && isMovedOn(wanted, held)) return 0;
  effects.expire(state.key, wanted);
  return 1;
}

/** Whether an expiry has passed as well, or is where one that had passed was moved. */
function isMovedOn(wanted: ExpiryTime, held: ExpiryTime | undefined): boolean {
  if (held === undefined || held === -1) return false;
  const by = Number(held) - Number(wanted);
  return by <= 0 || by % expiryGraceMs === 0;
}

/** Whether the key is there at all, as far as anybody knows. */
function isAlive(model: Model, state: KeyState, shadow: Shadow): boolean {
  if (!shadow.wiped || hasLiveLayers(state) || isStreamLive(state)) return true;
  if (state.chain !== undefined && isChainLive(state, kinds[state.chain.kind])) return true;
  let alive = false;
  eachCell(state, (kind, field, cell) => {
    const content = contentOfCell(state, kind, cell, model.cut, field);
    if (content !== undefined && content.type !== 'absent') alive = true;
  });
  return alive;
}

function settlement(model: Model, state: KeyState, kind: KindIndex, field: string, by: bigint): Settlement {
  const base = baseOf(state, kind, findCell(state, kind, field), model.cut);
  return { db: state.db, key: state.key, kind, field, by, base };
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
