/**
 * Merging: an op into a key's state. Commutative, associative, idempotent (guarded commands apart); newest wins.
 *
 * | op | effect |
 * |---|---|
 * | assign | root at its version, string register one index later, expiry register (unless `keep`) |
 * | delete | root, expiry register `none` |
 * | end | what its writer had seen is dead |
 * | expire | expiry register |
 * | field, member, score, stream | that cell's register; a write is an add of its kind |
 * | count | the origin's running sum on its base |
 * | range, trim | cells in the range with a smaller version are dead |
 * | bit, sketch | a layer over the string; an add of its kind |
 * | guarded | the next link of the chain, if it fits |
 * | state | a root (or an end, when it says what it includes), and all its cells one index later |
 * | refill | the same at the cut that it names: older than all that is remembered |
 */
import type { Op, Origin } from '../entry/entry.ts';
import { isNewer, type Time, type Version } from '../version/version.ts';
import { kinds } from './cell-value.ts';
import { dropLostCounts, findCount } from './counting.ts';
import { includes, isEnd, noteEnd } from './ends.ts';
import { dropAdds, fitOf, mergeGuarded, noteMissed, stillStands } from './guarded.ts';
import { addedBeside, cellOf, type KeyState, type Layer, layerId } from './key-state.ts';
import { mergeRefill, mergeState, settleMissed } from './merge-state.ts';
import { mergeAdd, mergeExpiry, mergeRegister, mergeRoot, noteContent } from './registers.ts';
import { mergeStream, mergeTrim } from './stream-cells-merge.ts';
import { fitOfPart, type PartOp } from './string-parts.ts';

/** Who wrote an op, and when. */
export interface Stamp {
  readonly time: Time;
  readonly priority: number;
  readonly origin: Origin;
  /** Up to when the writer had forgotten versions, as far as it has told. */
  readonly cut?: Time;
  /** Of another site: up to when the writer knew what this site wrote; undefined: nobody knows. */
  readonly seen?: Time | undefined;
}

/** What is known of an op that is read back from the log. */
export interface Replay {
  /** Whether a command was run; undefined: nobody remembers. */
  readonly ran: boolean | undefined;
}

/** The version of an op. */
export function versionOf({ index }: Op, { time, priority }: Stamp): Version {
  return { time, priority, index };
}

/**
 * Merges one op.
 * @param version - the op's, kept as it is.
 * @param cut - the stability cut of this site.
 * @param own - whether this site wrote it.
 * @param replay - of an op read back from the log.
 */
export function mergeOp(
  state: KeyState,
  op: Op,
  stamp: Stamp,
  version: Version,
  cut: Time,
  own: boolean,
  replay?: Replay,
): void {
  if (stamp.time > state.newest) state.newest = stamp.time;
  if (own && stamp.time > state.ownNewest) state.ownNewest = stamp.time;
  // What we have ourselves deleted or overwritten is not added again.
  if (own && state.adds !== undefined && replaces(op)) state.adds = undefined;
  switch (op.type) {
    case 'assign': {
      noteContent(state, version);
      mergeRoot(state, version, cut);
      const written: Version = { time: stamp.time, priority: stamp.priority, index: op.index + 1 };
      mergeRegister(state, kinds.string, '', written, op.value, cut);
      if (op.expiry !== 'keep') mergeExpiry(state, written, op.expiry, true);
      return;
    }
    case 'delete':
      noteContent(state, version);
      mergeRoot(state, version, cut);
      state.rootDeletes ||= state.root === version;
      mergeExpiry(state, version, null, true);
      return;
    case 'end':
      noteContent(state, version);
      noteEnd(state, { version, covers: op.covers, expires: op.expires, at: op.at });
      answerWant(state, version);
      if (!op.expires) settleMissed(state, version, op.covers);
      if (state.adds !== undefined) dropAdds(state, (added) => includes(version, op.covers, added));
      return;
    case 'expire':
      mergeExpiry(state, version, op.at, false);
      return;
    case 'field':
      noteContent(state, version);
      mergeRegister(state, kinds.hash, op.field, version, op.value, cut);
      return;
    case 'member':
      noteContent(state, version);
      mergeRegister(state, kinds.set, op.member, version, op.present ? true : null, cut);
      return;
    case 'score':
      noteContent(state, version);
      mergeRegister(state, kinds.zset, op.member, version, op.score, cut);
      return;
    case 'stream':
      noteContent(state, version);
      if (op.value !== null) mergeAdd(state, kinds.stream, version, cut);
      mergeStream(state, op.cell, version, op.value);
      return;
    case 'trim':
      noteContent(state, version);
      mergeTrim(state, op.before, version);
      return;
    case 'count':
      if (!own && isElsewhere(state, op, version, cut)) return;
      noteContent(state, version);
      mergeCount(state, op, version, stamp.origin, cut);
      return;
    case 'range':
      noteContent(state, version);
      state.ranges = [...(state.ranges ?? []), { version, by: op.by, min: op.min, max: op.max }];
      return;
    case 'bit':
      if (!own && isElsewhere(state, op, version, cut)) return;
      mergeLayer(state, layerId(op.offset, null), { version, offset: op.offset, on: op.on, element: null }, cut);
      return;
    case 'sketch':
      if (!own && isElsewhere(state, op, version, cut)) return;
      mergeLayer(
        state,
        layerId(undefined, op.element),
        { version, offset: undefined, on: true, element: op.element },
        cut,
      );
      return;
    case 'guarded':
      mergeCommand(state, op, version, cut, own, replay?.ran);
      return;
    case 'state':
      mergeState(state, op, version, cut, !own ? 'other' : replay === undefined ? 'own' : 'replayed');
      return;
    case 'refill':
      mergeRefill(state, op, version, cut);
      return;
    case 'want':
    case 'check':
    case 'flush':
    case 'library':
    case 'publish':
      return;
  }
}

/** A site that was asked for the key has told meanwhile that it has ended there: it has nothing else to answer. */
function answerWant(state: KeyState, end: Version): void {
  const { wanted } = state;
  if (wanted?.priority === end.priority && isNewer(end, wanted) && isEnd(state, end)) state.wanted = undefined;
}

/** Whether an op leaves nothing of what its writer's key held. */
function replaces(op: Op): boolean {
  if (op.type === 'state') return op.covers === null;
  return op.type === 'delete' || op.type === 'assign' || op.type === 'end';
}

/** Whether a command is part of the root, or rightly overwritten by it. */
function isPast({ root, rootCovers }: KeyState, version: Version): boolean {
  if (root === undefined || isNewer(version, root)) return false;
  return rootCovers === undefined || includes(root, rootCovers, version);
}

function mergeLayer(state: KeyState, id: string, layer: Layer, cut: Time): void {
  noteContent(state, layer.version);
  mergeAdd(state, kinds.string, layer.version, cut);
  if (state.layers === undefined) {
    state.layers = new Map();
    state.mixedLayers = false;
  } else if (!state.mixedLayers) {
    for (const first of state.layers.values()) {
      state.mixedLayers = (first.offset === undefined) !== (layer.offset === undefined);
      break;
    }
  }
  if (isNewer(layer.version, state.layers.get(id)?.version)) state.layers.set(id, layer);
}

/** Whether an op is of another part of the string than what lives: it is not merged, but it is an add. */
function isElsewhere(state: KeyState, op: PartOp, version: Version, cut: Time): boolean {
  if (fitOfPart(state, op, version, cut) === 'run') return false;
  mergeAdd(state, kinds.string, version, cut);
  if (isNewer(version, state.wanted)) state.wanted = version;
  return true;
}

function mergeCommand(
  state: KeyState,
  op: Extract<Op, { type: 'guarded' }>,
  version: Version,
  cut: Time,
  own: boolean,
  ran: boolean | undefined,
): void {
  const judged = own || (ran === true && stillStands(state, op, cut)) ? 'run' : fitOf(state, op, version, cut);
  const fit = ran === false && judged === 'run' ? 'lost' : judged;
  // Run or not, it is what its kind was last added to by: every site has to see the same floors.
  if (op.base !== null && makes(op)) mergeAdd(state, kinds[op.kind], version, cut);
  if (fit !== 'run') {
    if (!isPast(state, version)) noteMissed(state, version.priority, version.time - 1);
    if (fit === 'ask' && isNewer(version, state.wanted)) state.wanted = version;
    return;
  }
  noteContent(state, version);
  mergeGuarded(state, op, version, own);
}

/** Whether a command makes its kind of data. One that only takes elements away does not. */
export function makes(op: Extract<Op, { type: 'guarded' }>): boolean {
  return op.adds || (op.kind !== 'list' && op.kind !== 'zset');
}

function mergeCount(
  state: KeyState,
  op: Extract<Op, { type: 'count' }>,
  version: Version,
  origin: Origin,
  cut: Time,
): void {
  const kind = kinds[op.cell];
  const cell = cellOf(state, kind, op.field);
  state.counted = true;
  // Who counts upon the state that the key is had seen it: it misses nothing of theirs any more.
  const { root } = state;
  if ('exact' in op.base && root !== undefined && !isNewer(root, op.base.exact)) state.missed?.delete(version.priority);
  mergeAdd(state, kind, version, cut);
  const known = findCount(cell, origin, op.base);
  if (known !== undefined) {
    if (isNewer(version, known.version)) {
      known.version = version;
      known.sum = op.sum;
    }
    return;
  }
  // What came before this op and is below the cut is already part of the base here, unless another kind was added over it.
  const beside = addedBeside(state, kind);
  const isOver = beside !== undefined && isNewer(beside, { ...version, time: op.previous });
  const folded = op.previous !== 0 && op.previous <= cut && !isOver ? op.sum - op.by : 0n;
  cell.counts ??= [];
  cell.counts.push({ origin, base: op.base, sum: op.sum, folded, version });
  dropLostCounts(state, kind, cell, cut);
}
