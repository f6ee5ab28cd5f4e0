/**
 * Deciding a remote op: merge it, and say what Redis must be told so that it holds what the model says.
 *
 * Rules: an op that loses writes nothing. A root deletes the key and puts back what is newer than it. Where a cell comes
 * to life on a key whose expiry register is remembered, the expiry is set again, since the key may just have been made.
 * Local writes not yet seen in the stream are not known here; what they make wrong is found when the batch's marker
 * returns (`compare-key.ts`).
 */

import type { Op, Origin } from '../entry/entry.ts';
import { alignExpiry, kindAdded } from '../merge/align-expiry.ts';
import { integerOf, isAtEnd, isBeyond, type KindIndex, kindNames, kinds } from '../merge/cell-value.ts';
import { baseOf, findCount, floorOf, matchCount, sumOf } from '../merge/counting.ts';
import { expiryOf, newestEnd } from '../merge/ends.ts';
import { type Fit, fitOf, isChainLive, isVeiled } from '../merge/guarded.ts';
import { addedBeside, addedOf, findCell, type KeyState, layerId } from '../merge/key-state.ts';
import { noteWipe } from '../merge/lost-adds.ts';
import type { Stamp } from '../merge/merge-op.ts';
import type { Model } from '../merge/model.ts';
import { isRemoval, mayEmpty } from '../merge/own-ops.ts';
import {
  contentOfCell,
  countLiving,
  isKnownWhole,
  isLayerLive,
  isLive,
  type Living,
  writtenContent,
} from '../merge/read-key.ts';
import { fitOfPart } from '../merge/string-parts.ts';
import { compareVersions, isNewer, type Time, type Version } from '../version/version.ts';
import { decideEnd, noteTaken, want } from './decide-end.ts';
import { decideRefill, decideState, type StateContext } from './decide-state.ts';
import { decideStream, type SeenStream, seeStream } from './decide-stream.ts';
import type { Effects } from './effects.ts';
import type { Outcome } from './outcome.ts';
import { keepExpiry, putBackLayers, putBackRange, rewrite } from './rewrite.ts';

/** What became of one op, and the key it concerns. */
export interface Decision {
  readonly outcome: Outcome;
  readonly state: KeyState;
  /** Something newer than all that is known here can't be placed: its site has to be asked for the key's state. */
  readonly ask: Version | undefined;
  /** Whether it is a command that is not run here. */
  readonly unrun: boolean;
}

/** Merges a remote op and appends what it takes to `effects`. */
export function decideOp(model: Model, op: Op, stamp: Stamp, effects: Effects): Decision {
  const state = model.obtain(op.db, op.key);
  const version: Version = { time: stamp.time, priority: stamp.priority, index: op.index };
  if (op.type === 'assign' && isPlain(state, op, version))
    return decidePlain(model, state, op, stamp, version, effects);
  const kind = kindAdded(op);
  alignExpiry(model, state, op, stamp, false);
  const { root, expiryVersion, wanted, ends } = state;
  const repeated = isRepeated(state, op, version, stamp.origin);
  const added = kind === undefined ? undefined : addedOf(state, kind);
  const sum = op.type === 'count' ? currentSum(state, op, model) : 0n;
  const seen = op.type === 'stream' || op.type === 'trim' ? seeStream(state, op) : undefined;
  const inForce = newestEnd(state);
  const ending = op.type === 'end' || (op.type === 'state' && op.content === null && op.covers !== null);
  const expiry = ending || op.type === 'expire' ? expiryOf(state) : null;
  const lived = ending ? countLiving(state, model.cut) : nothing;
  const whole = ending && isKnownWhole(state, model.cut);
  const fit = judge(state, op, version, model.cut);
  model.mergeInto(state, op, stamp, undefined, version);
  effects.select(op.db);
  const { count } = effects;
  const rooted = state.root !== root;
  const context: Context = {
    model,
    effects,
    state,
    version,
    rooted,
    ended: state.ends !== ends,
    expiring: state.expiryVersion !== expiryVersion || (op.type === 'expire' && expiryOf(state) !== expiry),
    sum,
    fit,
    repeated,
    seen,
    lived,
    whole,
    answers: (isAnswer(op) || op.type === 'end') && wanted !== undefined && state.wanted === undefined,
    expiry,
    taken: false,
  };
  // What is left of it elsewhere has to come whole.
  const stands = op.type === 'refill' || isNewer(version, root);
  const isPart = model.evicted.meets(op, stands) && op.type !== 'expire' && op.type !== 'want';
  if (isPart && state.wanted === undefined) want(state, version);
  // An end takes away what has been added here since all the same: it may be counted up, and has the expiry of what ended.
  if (isPart && op.type !== 'end') {
    return { outcome: 'won', state, ask: wanted === undefined ? state.wanted : undefined, unrun: false };
  }
  if (context.expiring && inForce !== undefined && op.type === 'expire' && newestEnd(state) !== inForce)
    want(state, version);
  const outcome = decide(context, op);
  // An add that is dead itself, or whose base is yet to come, has killed what is older and of other kinds all the same.
  const wrote = outcome === 'won' && effects.count > count;
  if (kind !== undefined && !wrote && addedOf(state, kind) !== added && isNewer(addedOf(state, kind)!, state.root))
    clearDead(context, kind);
  // Once is enough, unless what came in answer was not new enough.
  const asks = state.wanted !== undefined && (wanted === undefined || isAnswer(op));
  // Where it only may have been taken away, it is looked for.
  if (rooted || (context.ended && wrote && !context.taken)) {
    const covers = op.type === 'state' || op.type === 'end' ? op.covers : null;
    noteWipe(state, version, covers ?? undefined, model.call);
  }
  if (outcome === 'won' && isRemoval(op) && mayEmpty(state, op, model.cut)) state.shrunk = true;
  const unrun = op.type === 'guarded' && op.base !== null && fit !== 'run';
  return { outcome, state, ask: asks ? state.wanted : undefined, unrun };
}

/**
 * Whether an assignment is the newest there is of its key, and nothing is remembered that it could meet: most writes are. By all the
 * rules below it would come to the same.
 */
function isPlain(state: KeyState, op: Extract<Op, { type: 'assign' }>, version: Version): boolean {
  const { newestKind, otherKind, elements, counted } = state;
  if (op.expiry === 'keep' || !state.isCommon || elements !== undefined || counted) return false;
  if ((newestKind !== -1 && newestKind !== kinds.string) || otherKind !== -1) return false;
  return isNewer(version, state.root) && isNewer(version, state.string?.version);
}

/** Decides such an assignment. */
function decidePlain(
  model: Model,
  state: KeyState,
  op: Extract<Op, { type: 'assign' }>,
  stamp: Stamp,
  version: Version,
  effects: Effects,
): Decision {
  model.mergeInto(state, op, stamp, undefined, version);
  // It makes an evicted key whole again.
  model.evicted.meets(op);
  effects.select(op.db);
  effects.set(op.key, op.value, expiryOf(state));
  state.wipedBy = version;
  state.wipedIn = model.call;
  return { outcome: 'won', state, ask: undefined, unrun: false };
}

function isAnswer(op: Op): boolean {
  return op.type === 'state' || op.type === 'refill';
}

/** Whether an op fits what the key holds, before it is merged. */
function judge(state: KeyState, op: Op, version: Version, cut: Time): Fit {
  if (op.type === 'guarded') return fitOf(state, op, version, cut);
  if (op.type === 'count' || op.type === 'bit' || op.type === 'sketch') return fitOfPart(state, op, version, cut);
  return 'run';
}

/** Whether an increment, or a score where that matters, was merged before. */
function isRepeated(state: KeyState, op: Op, version: Version, origin: Origin): boolean {
  if (op.type === 'count') {
    const cell = findCell(state, kinds[op.cell], op.field);
    const known = cell && findCount(cell, origin, op.base);
    return known !== undefined && !isNewer(version, known.version);
  }
  if (op.type !== 'score' || state.chain === undefined) return false;
  const known = findCell(state, kinds.zset, op.member)?.version;
  return known !== undefined && compareVersions(known, version) === 0;
}

const nothing: Living = { living: 0, waiting: 0 };

interface Context extends StateContext {
  /** What all increments of the cell came to before. */
  readonly sum: bigint;
  readonly fit: Fit;
  /** Whether the op had been merged before. */
  readonly repeated: boolean;
  /** What the stream was before. */
  readonly seen: SeenStream | undefined;
}

/** After an add that wrote nothing: removes the cells of other kinds that are older. */
function clearDead({ model, effects, state }: Context, kind: KindIndex): void {
  const { chain } = state;
  // A list, an appended string, a module's value is one thing and newer: what it holds is not remembered, and stays.
  if (chain !== undefined && chain.kind !== 'zset' && isChainLive(state, kinds[chain.kind])) return;
  const other = addedBeside(state, kind);
  // With adds of two kinds remembered, what lives is newer than the older of them: all of it is remembered.
  if (other !== undefined && other.time > model.cut) rewrite(model, state, effects);
  // Otherwise the key holds this kind, or one that is forgotten.
  else effects.clear(kind, state.key);
}

function decide(context: Context, op: Op): Outcome {
  const { model, effects, state, rooted, expiring, version } = context;
  switch (op.type) {
    case 'assign':
      if (rooted) return decideAssign(context, op);
      if (expiring) effects.expire(op.key, expiryOf(state));
      return 'string/remote-lost';
    case 'delete':
      if (rooted) {
        rewrite(model, state, effects);
        return 'won';
      }
      if (expiring) effects.expire(op.key, expiryOf(state));
      return 'delete/remote-lost';
    case 'end':
      return decideEnd(context, op.expires, op.at ?? null, false);
    case 'expire':
      if (!expiring) return 'expiry/remote-lost';
      effects.expire(op.key, expiryOf(state));
      return 'won';
    case 'field':
      return decideElement(context, kinds.hash, op.field);
    case 'member':
      return decideElement(context, kinds.set, op.member);
    case 'score':
      return decideElement(context, kinds.zset, op.member);
    case 'stream':
    case 'trim':
      if (!decideStream(state, op, version, context.seen!, effects)) return 'stream/remote-lost';
      keepExpiry(context);
      return 'won';
    case 'count':
      if (context.fit !== 'run') return context.fit === 'ask' ? 'won' : 'count/remote-lost';
      return decideCount(context, op);
    case 'range':
      // An end leaves what it does not cover, and that may be in the range.
      if (!isNewer(version, floorOf(state, kinds.zset))) return 'zset/remote-lost';
      effects.removeRange(op.key, op.by, op.min, op.max);
      // Whether it met a score that was added to is known to nobody who does not know the score.
      if (!putBackRange(model, state, version, effects)) want(state, version);
      return 'won';
    case 'bit':
    case 'sketch':
      if (context.fit !== 'run') return context.fit === 'ask' ? 'won' : 'string/remote-lost';
      return decideLayer(context, op);
    case 'guarded':
      // Only noted: what it added comes with all of the key.
      if (op.base === null) return 'won';
      if (context.fit !== 'run') return context.fit === 'ask' ? 'won' : 'guarded/remote-lost';
      effects.run(op.key, op.args);
      if (!op.adds) noteTaken(context);
      keepExpiry(context);
      return 'won';
    case 'state':
      return decideState(context, op);
    case 'refill':
      return decideRefill(context, op);
    case 'publish':
      effects.publish(op.key, op.message, op.sharded);
      return 'won';
    case 'want':
    case 'check':
    case 'flush':
    case 'library':
      return 'won';
  }
}

function decideAssign({ model, effects, state }: Context, op: Extract<Op, { type: 'assign' }>): Outcome {
  const cell = state.string!;
  if (!isLive(state, kinds.string, cell, model.cut, '')) {
    rewrite(model, state, effects);
    return 'string/remote-lost';
  }
  const content = contentOfCell(state, kinds.string, cell, model.cut, '');
  const value = content?.type === 'value' ? (content.value as Uint8Array) : op.value;
  const expiry = expiryOf(state);
  if (op.expiry === 'keep') {
    effects.set(op.key, value, 'keep');
    if (expiry !== null) effects.expire(op.key, expiry);
  } else effects.set(op.key, value, expiry);
  // A sketch is not laid over any string: it may have taken its place.
  if (state.layers !== undefined && putBackLayers(state, effects)) keepExpiry({ effects, state });
  return 'won';
}

function decideLayer(context: Context, op: Extract<Op, { type: 'bit' | 'sketch' }>): Outcome {
  const { effects, state, version } = context;
  const id = op.type === 'bit' ? layerId(op.offset, null) : layerId(undefined, op.element);
  const layer = state.layers?.get(id);
  const won = layer !== undefined && compareVersions(layer.version, version) === 0;
  if (!won || !isLayerLive(state, layer)) return 'string/remote-lost';
  effects.layer(op.key, layer);
  keepExpiry(context);
  return 'won';
}

function decideElement(context: Context, kind: KindIndex, field: string): Outcome {
  const { model, effects, state } = context;
  const cell = findCell(state, kind, field);
  const version = cell?.version;
  const won = version !== undefined && compareVersions(version, context.version) === 0;
  const lost: Outcome = `${kindNames[kind]!}/remote-lost`;
  if (cell === undefined || !won || !isNewer(version, state.root)) return lost;
  // Delivered again under a pop: whether that took it, nobody remembers. What comes late it has not taken.
  if (context.repeated && isVeiled(state, kind, version)) return lost;
  const content = writtenContent(state, kind, cell, model.cut, field);
  const value = content?.type === 'value' ? content.value : null;
  if (value !== null) {
    effects.write(kind, state.key, field, value);
    keepExpiry(context);
    return 'won';
  }
  // It may have made increments void that are still there.
  effects.remove(kind, state.key, field);
  return cell.value === null ? 'won' : lost;
}

function decideCount(context: Context, op: Extract<Op, { type: 'count' }>): Outcome {
  const { model, effects, state } = context;
  const kind = kinds[op.cell];
  const cell = findCell(state, kind, op.field);
  const { version } = context;
  const current = baseOf(state, kind, cell, model.cut);
  const match = matchCount(state, kind, cell, { base: op.base, version }, current, model.cut);
  if (match === 'newer') return 'won';
  if (match === 'older' || cell === undefined || !isLive(state, kind, cell, model.cut, op.field))
    return 'count/remote-lost';
  const content = contentOfCell(state, kind, cell, model.cut, op.field);
  if (content?.type === 'value' && integerOf(content.value) === undefined) return 'count/remote-lost';
  const by = sumOf(state, kind, cell, model.cut) - context.sum;
  // Otherwise it may bring to life what came to nothing.
  if (by === 0n && context.repeated) return 'won';
  // At the end of 64 bits no server adds; and what comes back from beyond it is not that much away from it.
  const held = content?.type === 'value' ? content.value : null;
  const value = kind === kinds.zset || held === null ? undefined : integerOf(held);
  const ends = value !== undefined && (isAtEnd(value) || isBeyond(value - by));
  if (ends) effects.write(kind, op.key, op.field, held!);
  else effects.add(kind, op.key, op.field, by);
  keepExpiry(context);
  return 'won';
}

function currentSum(state: KeyState, op: Extract<Op, { type: 'count' }>, model: Model): bigint {
  const cell = findCell(state, kinds[op.cell], op.field);
  return cell === undefined ? 0n : sumOf(state, kinds[op.cell], cell, model.cut);
}
