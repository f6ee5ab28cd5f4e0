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
 */
import type { Covers, Expiry, KeyContent, Op, Origin } from '../entry/entry.ts';
import { isNewer, type Time, type Version } from '../version/version.ts';
import { type CellValue, type KindIndex, kinds } from './cell-value.ts';
import { dropLostCounts, findCount } from './counting.ts';
import { includes, noteEnd } from './ends.ts';
import { dropAdds, fitOf, mergeGuarded, noteMissed } from './guarded.ts';
import {
  cellOf,
  type ExpiryRegister,
  eachCell,
  elementKinds,
  type KeyState,
  type Layer,
  layerId,
  noteAdd,
} from './key-state.ts';
import { mergeStream, mergeTrim, streamCells } from './stream-cells-merge.ts';
import { fitOfPart, type PartOp } from './string-parts.ts';

/** Who wrote an op, and when. */
export interface Stamp {
  readonly time: Time;
  readonly priority: number;
  readonly origin: Origin;
  /** Up to when the writer had forgotten versions, as far as it has told. */
  readonly cut?: Time;
}

/** Merges one op. @param cut - the stability cut of this site. @param own - whether this site wrote it. */
export function mergeOp(state: KeyState, op: Op, stamp: Stamp, cut: Time, own: boolean): void {
  const version: Version = { time: stamp.time, priority: stamp.priority, index: op.index };
  if (stamp.time > state.newest) state.newest = stamp.time;
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
      mergeExpiry(state, version, null, true);
      return;
    case 'end':
      noteContent(state, version);
      noteEnd(state, { version, covers: op.covers, expires: op.expires });
      if (!op.expires) missBy(state, version, op.covers);
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
      mergeCommand(state, op, version, cut, own);
      return;
    case 'state':
      mergeState(state, op, version, cut, own);
      return;
    case 'want':
    case 'check':
    case 'flush':
    case 'library':
    case 'publish':
      return;
  }
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

/** The version at which an op's content is written. */
export function writtenVersion(version: Version): Version {
  return { time: version.time, priority: version.priority, index: version.index + 1 };
}

function noteContent(state: KeyState, version: Version): void {
  if (state.writer === 0) state.writer = version.priority;
  else if (state.writer !== version.priority) state.writer = -1;
  if (isNewer(version, state.content)) state.content = version;
}

/** Merges a root: an overwriting or deleting version. */
export function mergeRoot(state: KeyState, version: Version, cut: Time, covers?: Covers): void {
  if (!isNewer(version, state.root)) return;
  state.root = version;
  state.rootCovers = covers;
  if (covers === undefined && state.adds !== undefined) dropAdds(state, (added) => !isNewer(added, version));
  // What was run upon what is gone is done again by those who ran it.
  if (state.chain !== undefined && state.chain.kind !== 'zset') state.chain = undefined;
  if (state.missed !== undefined) wantMissed(state, state.missed, version);
  if (state.wanted !== undefined && isNewer(version, state.wanted)) state.wanted = undefined;
  if (state.ends !== undefined) dropEnds(state, version);
  if (state.counted) eachCell(state, (kind, _field, cell) => dropLostCounts(state, kind, cell, cut));
  if (state.layers !== undefined) dropLayers(state, version);
  if (state.elements === undefined) return;
  for (const cells of state.elements) {
    if (cells === undefined) continue;
    for (const [field, cell] of cells) {
      const dead = cell.version === undefined || !isNewer(cell.version, version);
      if (dead && cell.counts === undefined) cells.delete(field);
    }
  }
}

/** What was lost to commands that stood on something older than this root, and is newer, its site knows. */
function wantMissed(state: KeyState, missed: ReadonlyMap<number, Time>, root: Version): void {
  state.missed = undefined;
  for (const [priority, before] of missed) {
    const first: Version = { time: before + 1, priority, index: 0 };
    if (isNewer(first, root) && isNewer(first, state.wanted)) state.wanted = first;
  }
}

function dropLayers(state: KeyState, root: Version): void {
  for (const [id, layer] of state.layers!) if (!isNewer(layer.version, root)) state.layers!.delete(id);
  if (state.layers!.size === 0) state.layers = undefined;
}

/** Drops the ends that have nothing left to cover: no cell, and (SET KEEPTTL writes none) no expiry register. */
function dropEnds(state: KeyState, root: Version): void {
  const { expiryVersion } = state;
  const ends = state.ends!.filter(
    ({ version }) => isNewer(version, root) || expiryVersion === undefined || isNewer(version, expiryVersion),
  );
  if (ends.length < state.ends!.length) state.ends = ends.length > 0 ? ends : undefined;
}

function mergeRegister(
  state: KeyState,
  kind: KindIndex,
  field: string,
  version: Version,
  value: CellValue | null,
  cut: Time,
): void {
  if (value !== null) mergeAdd(state, kind, version, cut);
  const cell = cellOf(state, kind, field);
  if (!isNewer(version, cell.version)) return;
  cell.version = version;
  cell.value = value;
  if (cell.counts !== undefined) dropLostCounts(state, kind, cell, cut);
}

/** An add of a kind: a new floor for the other kinds. What that makes void is dropped now, since floors are forgotten. */
function mergeAdd(state: KeyState, kind: KindIndex, version: Version, cut: Time): void {
  if (!noteAdd(state, kind, version) || !state.counted) return;
  if (kind !== kinds.string && state.string !== undefined) dropLostCounts(state, kinds.string, state.string, cut);
  for (const other of elementKinds) {
    const cells = other === kind ? undefined : state.elements?.[other];
    if (cells !== undefined) for (const cell of cells.values()) dropLostCounts(state, other, cell, cut);
  }
}

function mergeExpiry(state: KeyState, version: Version, at: Expiry, byRoot: boolean): void {
  const { expiry, expiryVersion } = state;
  if (!isNewer(version, expiryVersion)) {
    if (version.priority !== expiryVersion!.priority) noteOlderExpiry(state, { version, at });
    return;
  }
  if (expiryVersion !== undefined && expiryVersion.priority !== version.priority)
    noteOlderExpiry(state, { version: expiryVersion, at: expiry }, version.priority);
  state.expiryVersion = version;
  state.expiry = at;
  state.expiryByRoot = byRoot;
}

/** Keeps a register beside the newest. @param not - the site whose register is the newest now. */
function noteOlderExpiry(state: KeyState, register: ExpiryRegister, not: number = -1): void {
  const { priority } = register.version;
  const kept = state.olderExpiries ?? [];
  if (kept.some(({ version }) => version.priority === priority && !isNewer(register.version, version))) return;
  state.olderExpiries = [
    ...kept.filter(({ version }) => version.priority !== priority && version.priority !== not),
    register,
  ];
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
): void {
  const fit = own ? 'run' : fitOf(state, op, version, cut);
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

function mergeState(
  state: KeyState,
  op: Extract<Op, { type: 'state' }>,
  version: Version,
  cut: Time,
  own: boolean,
): void {
  const { content, covers } = op;
  noteContent(state, version);
  const written = writtenVersion(version);
  const whole = content === null || covers === null || isWhole(content);
  const ends = covers !== null && (content === null || !whole);
  // Whatever becomes of the content: a newer SET KEEPTTL leaves the expiry as it is. That there is none says nothing of what its
  // writer had not seen.
  if (!ends || (content !== null && op.expiry !== null)) mergeExpiry(state, written, op.expiry, true);
  if (covers !== null && content === null) {
    const expires = op.expiry !== null;
    noteEnd(state, { version, covers, expires });
    if (!expires) missBy(state, version, covers);
  } else if (whole) {
    if (!isNewer(version, state.root)) return;
    const { missed } = state;
    mergeRoot(state, version, cut, covers ?? undefined);
    // What the writer did not include is not included here either. What we ourselves have yet to see is noted when it comes:
    // an end must not seem to know less than it does.
    for (const [priority, time] of covers ?? []) if (!own || missed?.has(priority)) noteMissed(state, priority, time);
  } else noteEnd(state, { version, covers, expires: false });
  if (state.wanted !== undefined && isNewer(version, state.wanted)) state.wanted = undefined;
  if (content !== null) mergeContent(state, content, written, cut);
}

/** A list that is deleted as its deleter had seen it: what that had not seen is gone here too, until it is added again. */
function missBy(state: KeyState, version: Version, covers: Covers): void {
  const { chain } = state;
  if (chain === undefined || chain.kind === 'zset' || !isNewer(version, chain.version)) return;
  for (const [priority, time] of covers) noteMissed(state, priority, time);
}

/** Whether a content is one thing, and not cells beside each other. */
export function isWhole(content: KeyContent): boolean {
  return content.kind === 'string' || content.kind === 'list' || content.kind === 'module';
}

function mergeContent(state: KeyState, content: KeyContent, version: Version, cut: Time): void {
  const write = (kind: KindIndex, field: string, value: CellValue): void =>
    mergeRegister(state, kind, field, version, value, cut);
  switch (content.kind) {
    case 'string':
      write(kinds.string, '', content.value);
      return;
    case 'hash':
      for (const [field, value] of content.fields) write(kinds.hash, field, value);
      return;
    case 'set':
      for (const member of content.members) write(kinds.set, member, true);
      return;
    case 'zset':
      // Of an emptied one no member tells that it was there.
      if (content.members.length === 0) mergeAdd(state, kinds.zset, version, cut);
      for (const [member, score] of content.members) write(kinds.zset, member, score);
      return;
    case 'stream':
      mergeAdd(state, kinds.stream, version, cut);
      for (const [cell, value] of streamCells(content)) mergeStream(state, cell, version, value);
      return;
    case 'list':
    case 'module':
      mergeAdd(state, kinds[content.kind], version, cut);
      state.chain = { kind: content.kind, version };
  }
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
  // What came before this op and is below the cut is already part of the base here.
  const folded = op.previous !== 0 && op.previous <= cut ? op.sum - op.by : 0n;
  cell.counts ??= [];
  cell.counts.push({ origin, base: op.base, sum: op.sum, folded, version });
  dropLostCounts(state, kind, cell, cut);
}
