/**
 * Making a key anew: it is deleted, and what lives on is written again.
 *
 * What is written again is what the window remembers. What commands run one upon the other have made (a list, an appended
 * string) is not among it: where it lives it is kept in Redis, where it does not those who ran them run them again.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { kinds, numeral } from '../merge/cell-value.ts';
import { expiryOf } from '../merge/ends.ts';
import { isChainLive, isVeiled } from '../merge/guarded.ts';
import { eachCell, type KeyState } from '../merge/key-state.ts';
import type { Model } from '../merge/model.ts';
import { hasMoves } from '../merge/moved-elements.ts';
import { contains } from '../merge/ranges.ts';
import { contentOfCell, isLayerLive, isStanding, writtenContent } from '../merge/read-key.ts';
import { compareVersions, isNewer, type Version } from '../version/version.ts';
import { putBackStream } from './decide-stream.ts';
import type { Effects } from './effects.ts';

/**
 * Deletes a key and writes again what lives.
 * @param late - the version of what is only coming now: commands that were run before, on what was there, have not taken it.
 */
export function rewrite(model: Model, state: KeyState, effects: Effects, late?: Version): void {
  const kept = keepUnknown(state, effects, late);
  if (!kept && mayBeList(state)) effects.readEnds(state);
  effects.delete(state.key);
  if (kept) effects.putKept();
  if (putBack(model, state, effects, late) || kept) {
    const expiry = expiryOf(state);
    if (expiry !== null) effects.expire(state.key, expiry);
  }
}

/** Whether a key may hold a list, as far as is remembered. */
function mayBeList(state: KeyState): boolean {
  return state.chain?.kind === 'list' || state.newestKind === kinds.list || hasMoves(state);
}

/**
 * Before a key is deleted: what of it lives and is not remembered is kept. A list, an appended string, a module's value is
 * one thing. Of a sorted set, what commands took out is known to nobody but Redis. Returns whether anything is kept.
 * @param late - see `rewrite`.
 */
export function keepUnknown(state: KeyState, effects: Effects, late?: Version): boolean {
  const { chain } = state;
  if (chain === undefined || !isChainLive(state, kinds[chain.kind])) return false;
  if (chain.kind !== 'zset') {
    effects.keep(state.key);
    return true;
  }
  const members: ByteString[] = [];
  for (const [member, { version, value }] of state.elements?.[kinds.zset] ?? []) {
    const standing = version !== undefined && value !== null && isStanding(state, kinds.zset, version);
    if (standing && !isLate(version, late) && isVeiled(state, kinds.zset, version)) members.push(member);
  }
  if (members.length > 0) effects.keep(state.key, members);
  return members.length > 0;
}

function isLate(version: Version | undefined, late: Version | undefined): boolean {
  return version !== undefined && late !== undefined && compareVersions(version, late) === 0;
}

/** Writes what lives on a key that is gone. Returns whether anything does. @param late - see `rewrite`. */
export function putBack(model: Model, state: KeyState, effects: Effects, late?: Version): boolean {
  let alive = false;
  eachCell(state, (kind, field, cell) => {
    const isKnown = kind === kinds.zset && isLate(cell.version, late);
    const content = (isKnown ? writtenContent : contentOfCell)(state, kind, cell, model.cut, field);
    if (content?.type === 'value') effects.write(kind, state.key, field, content.value);
    // All else that there was has just come: it was added to nothing.
    else if (content?.type === 'added' && late !== undefined)
      effects.write(kind, state.key, field, numeral(kind, content.sum));
    else return;
    alive = true;
  });
  if (putBackStream(state, effects)) alive = true;
  return (state.layers !== undefined && putBackLayers(state, effects)) || alive;
}

/** Writes the bits and sketch elements that live. Returns whether any does. */
export function putBackLayers(state: KeyState, effects: Effects): boolean {
  let alive = false;
  for (const layer of state.layers!.values()) {
    if (!isLayerLive(state, layer)) continue;
    effects.layer(state.key, layer);
    alive = true;
  }
  return alive;
}

/**
 * After a range was removed: writes the members that live on. Those that were added to may have left the range, or be in
 * it now. Returns whether all of them are known.
 */
export function putBackRange(model: Model, state: KeyState, version: Version, effects: Effects): boolean {
  let known = true;
  const cells = state.elements?.[kinds.zset];
  const range = state.ranges?.at(-1);
  if (cells === undefined || range === undefined) return known;
  for (const [member, cell] of cells) {
    const counted = cell.counts !== undefined;
    if (!counted && (cell.version === undefined || !isNewer(cell.version, version))) continue;
    const content = contentOfCell(state, kinds.zset, cell, model.cut, member);
    if (content?.type === 'added') known = false;
    if (content?.type !== 'value' || (!counted && !contains(range, member, content.value as number))) continue;
    effects.write(kinds.zset, state.key, member, content.value);
  }
  return known;
}

/** After a write that may have made the key: it expires when it did. */
export function keepExpiry({ effects, state }: { readonly effects: Effects; readonly state: KeyState }): void {
  const expiry = expiryOf(state);
  if (expiry !== null) effects.expire(state.key, expiry);
}
