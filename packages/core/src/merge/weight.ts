/**
 * About how many bytes of memory the remembered state of a key takes, told in constant time after every op.
 *
 * Counted are the key, its parts (fields, members, stream cells, bits, elements added) and the bytes of names and values. A part
 * that is overwritten counts as long as the longest op on it alone would make it; when parts are forgotten, their bytes go in
 * proportion. What an object costs was measured (`test/bench/window.ts`).
 */
import type { Op } from '../entry/entry.ts';
import type { KeyState } from './key-state.ts';

/** The state of a key and its places in maps and queues. */
const stateBytes = 425;
/** What most keys have nothing of (see `rare-state.ts`). */
const rareBytes = 230;
/** The maps of a key that is no string. */
const mapsBytes = 250;
/** A cell with its version and its place in the key's map. */
const partBytes = 340;

/** Parts remembered beside the key itself. */
function partsOf({ string, elements, layers, ranges, adds }: KeyState): number {
  let parts = (string === undefined ? 0 : 1) + (layers?.size ?? 0) + (ranges?.length ?? 0) + (adds?.length ?? 0);
  if (elements !== undefined) for (const cells of elements) parts += cells?.size ?? 0;
  return parts;
}

/** Bytes of names and values that an op brings. */
function contentOf(op: Op): number {
  switch (op.type) {
    case 'field':
      return op.field.length + (op.value?.length ?? 0);
    case 'member':
    case 'score':
      return op.member.length;
    case 'count':
      return op.field.length;
    case 'sketch':
      return op.element?.length ?? 0;
    case 'stream':
      return op.cell.length + lengthOf(op.value ?? []);
    case 'guarded':
      return op.adds ? lengthOf(op.args) : 0;
    case 'state':
    case 'refill':
      return contentBytes(op.content);
    default:
      return 0;
  }
}

function contentBytes(content: Extract<Op, { type: 'state' }>['content']): number {
  let bytes = 0;
  if (content?.kind === 'hash') for (const [field, value] of content.fields) bytes += field.length + value.length;
  else if (content?.kind === 'set') for (const member of content.members) bytes += member.length;
  else if (content?.kind === 'zset') for (const [member] of content.members) bytes += member.length;
  else if (content?.kind === 'stream')
    for (const [id, fields] of content.entries) bytes += id.length + lengthOf(fields);
  return bytes;
}

function lengthOf(values: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const value of values) bytes += value.length;
  return bytes;
}

function ownBytes({ isCommon }: KeyState): number {
  return isCommon ? stateBytes : stateBytes + rareBytes;
}

/** Weighs a key again. Returns by how much its weight has changed. @param op - what was merged; absent after forgetting. */
export function reweigh(state: KeyState, op?: Op): number {
  const { weight, parts: before, partsWeight, string: cell, elements, layers, ranges, adds } = state;
  if (
    elements === undefined &&
    layers === undefined &&
    ranges === undefined &&
    adds === undefined &&
    partsWeight === 0
  ) {
    // Nothing but a string, which holds what is written last: most keys.
    const held = cell?.value as Uint8Array | null | undefined;
    state.parts = cell === undefined ? 0 : 1;
    state.weight = ownBytes(state) + state.key.length + state.parts * partBytes + (held?.length ?? 0);
    return state.weight - weight;
  }
  const parts = partsOf(state);
  if (op !== undefined) {
    const content = contentOf(op);
    if (parts > before) state.partsWeight += content;
    else if (content > partsWeight) state.partsWeight = content;
  }
  if (parts < before) state.partsWeight = Math.floor((state.partsWeight * parts) / before);
  state.parts = parts;
  const value = state.string?.value;
  const string = value instanceof Uint8Array ? value.length : 0;
  const maps = elements === undefined ? 0 : mapsBytes;
  state.weight = ownBytes(state) + maps + state.key.length + parts * partBytes + string + state.partsWeight;
  return state.weight - weight;
}
