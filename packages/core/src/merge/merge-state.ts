/** Merging all that a key holds: a `state`, which is a write, or a `refill`, which is none. */
import type { Covers, KeyContent, Op } from '../entry/entry.ts';
import { compareVersions, isNewer, type Time, type Version } from '../version/version.ts';
import { type CellValue, type KindIndex, kinds } from './cell-value.ts';
import { includes, noteEnd } from './ends.ts';
import { noteMissed } from './guarded.ts';
import { type KeyState, someCell } from './key-state.ts';
import { mergeAdd, mergeExpiry, mergeRegister, mergeRoot, noteContent, writtenVersion } from './registers.ts';
import { mergeStream, streamCells } from './stream-cells-merge.ts';

/** Merges a state. @param cut - the stability cut of this site. @param by - whether this site wrote it, and has read it back from its log. */
export function mergeState(
  state: KeyState,
  op: Extract<Op, { type: 'state' }>,
  version: Version,
  cut: Time,
  by: 'own' | 'replayed' | 'other',
): void {
  const { content, covers, again } = op;
  const { chain } = state;
  noteContent(state, version);
  const written = writtenVersion(version);
  const whole = content === null || covers === null || isWhole(content);
  const ends = covers !== null && (content === null || !whole);
  // Whatever becomes of the content: a newer SET KEEPTTL leaves the expiry as it is. That there is none says nothing of what its
  // writer had not seen.
  if (!ends || (content !== null && op.expiry !== null)) mergeExpiry(state, written, op.expiry, true);
  if (covers !== null && content === null) {
    const expires = op.expiry !== null;
    noteEnd(state, { version, covers, expires, at: op.expiry });
    if (!expires) settleMissed(state, version, covers);
  } else if (whole) {
    if (!isNewer(version, state.root)) return;
    const { missed } = state;
    // What the writer did not include is not included here either. What we ourselves have yet to see is noted when it comes (but
    // what is read back may have been merged before): an end must not seem to know less than it does.
    const lacks =
      by === 'other' || (by === 'replayed' && state.touchedBy !== 0 && state.touchedBy !== version.priority);
    const lacking = covers?.filter(([priority]) => lacks || missed?.has(priority));
    mergeRoot(state, version, cut, covers ?? undefined);
    for (const [priority, time] of lacking ?? []) noteMissed(state, priority, time);
  } else {
    noteEnd(state, { version, covers, expires: false });
    settleMissed(state, version, covers);
  }
  if (state.wanted !== undefined && isNewer(version, state.wanted)) state.wanted = undefined;
  if (content === null) return;
  mergeContent(state, content, written, cut);
  if (again !== true || state.chain?.version !== written) return;
  const last = chain?.version.priority === version.priority ? chain : undefined;
  state.chain = { ...state.chain, written: last?.written, returns: last?.returns ?? false };
}

/**
 * A deletion of all that its writer had seen, of what was not run here too: nothing of that is missing any more. But of a list
 * that is deleted so, what its deleter had not seen is gone here as well, until it is added again.
 */
export function settleMissed(state: KeyState, version: Version, covers: Covers): void {
  const { missed } = state;
  if (missed !== undefined) {
    missed.delete(version.priority);
    for (const [priority, time] of covers) {
      const before = missed.get(priority);
      if (before !== undefined && time > before) missed.set(priority, time);
    }
    if (missed.size === 0) state.missed = undefined;
  }
  missBy(state, version, covers);
}

/** A list that is deleted as its deleter had seen it: what that had not seen is gone here too, until it is added again. */
function missBy(state: KeyState, version: Version, covers: Covers): void {
  const { chain } = state;
  if (chain === undefined || chain.kind === 'zset' || !isNewer(version, chain.version)) return;
  for (const [priority, time] of covers) noteMissed(state, priority, time);
}

/** Merges what a key held that had expired here: as if it had never been forgotten. What was written since wins. */
export function mergeRefill(state: KeyState, op: Extract<Op, { type: 'refill' }>, version: Version, cut: Time): void {
  const at = refillVersion(op, version);
  mergeExpiry(state, at, op.expiry, false);
  if (state.wanted !== undefined && isNewer(version, state.wanted)) state.wanted = undefined;
  const isChained = op.content.kind === 'list' || op.content.kind === 'module';
  if (isChained && !(isNewer(at, state.root) && isNewer(at, state.chain?.version))) return;
  mergeContent(state, op.content, at, cut);
}

/** Where a refill stands. @param version - the op's own. */
export function refillVersion({ cut }: Extract<Op, { type: 'refill' }>, { priority }: Version): Version {
  return { time: cut, priority, index: 0 };
}

/**
 * Whether a site may be answered by a refill. It may when it asks because the expiry was renewed here, and what the key holds
 * merges cell by cell: increments are no cells, nor is what commands run one upon the other have made since the cut.
 * @param wanted - the version that it has asked for.
 */
export function mayRefill(state: KeyState, wanted: Version): boolean {
  const { expiryVersion, olderExpiries } = state;
  const is = (version: Version | undefined): boolean => version !== undefined && compareVersions(version, wanted) === 0;
  if (!is(expiryVersion) && olderExpiries?.some(({ version }) => is(version)) !== true) return false;
  // What an expiry had taken away here before the renewal, the renewal does not bring back.
  if (state.ends?.some((end) => end.expires && isNewer(wanted, end.version))) return false;
  if (state.chain !== undefined || state.layers !== undefined || state.missed !== undefined) return false;
  if (state.asked + state.partAsks + state.movedLeft + state.movedRight > 0 || state.wanted !== undefined) return false;
  return !state.counted || !someCell(state, (_kind, _field, { counts }) => counts !== undefined);
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
      state.chain = { kind: content.kind, version, written: version, returns: false };
      // A deletion that is newer, and had not seen it, has come first.
      for (const end of state.ends ?? [])
        if (!end.expires && !includes(end.version, end.covers, version)) missBy(state, end.version, end.covers);
  }
}
