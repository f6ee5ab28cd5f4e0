/**
 * Deciding ops on streams: what `decideOp`, `putBack` and `compareKey` call.
 *
 * `seeStream` before an op is merged, `decideStream` afterwards; `putBackStream` writes what lives on a key that is gone.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { Op } from '../entry/entry.ts';
import type { KeyState } from '../merge/key-state.ts';
import { isStreamLive } from '../merge/read-key.ts';
import { heldStream } from '../merge/stream-cells-merge.ts';
import type { Trim } from '../merge/stream-entry.ts';
import { groupOf } from '../merge/stream-group.ts';
import {
  livingEntries,
  restoreSteps,
  type Seen,
  seenOf,
  stepsOf,
  trimSteps,
  wholeSteps,
} from '../merge/stream-merge.ts';
import type { StreamStep } from '../merge/stream-step.ts';
import { compareVersions, type Version } from '../version/version.ts';
import type { Effects } from './effects.ts';
import { stepGrows, streamStep } from './stream-letters.ts';

/** Steps after which the stream is there. */
const makers: ReadonlySet<StreamStep['does']> = new Set(['exist', 'add', 'raise', 'position', 'advance']);

type StreamOp = Extract<Op, { type: 'stream' | 'trim' }>;

/** What was remembered before an op was merged. */
export interface SeenStream {
  readonly isLive: boolean;
  readonly cell: Seen | undefined;
  readonly trims: readonly Trim[];
  /** The newest version on the key's content. */
  readonly newest: Version | undefined;
}

/** To be taken before a remote op is merged. */
export function seeStream(state: KeyState, op: StreamOp): SeenStream {
  const held = heldStream(state);
  return {
    isLive: isStreamLive(state),
    cell: op.type === 'stream' ? seenOf(held, op.cell) : undefined,
    ...{ trims: held.trims, newest: state.content },
  };
}

/** Appends what a remote op that was merged takes. Returns whether it has effect; a stream may have to exist all the same. */
export function decideStream(state: KeyState, op: StreamOp, at: Version, seen: SeenStream, effects: Effects): boolean {
  const held = heldStream(state);
  if (op.type === 'trim') {
    const trim = held.trims.find((known) => compareVersions(known.version, at) === 0);
    const steps = trim === undefined ? [] : trimSteps(held, seen.trims, trim, seen.newest);
    writeSteps(effects, op.key, steps);
    return steps.length > 0;
  }
  const steps = seen.cell === undefined ? [] : stepsOf(held, op.cell, at, op.value, seen.cell);
  // A consumer, a delivery: where they find no group they make nothing, and the stream is there at their site.
  if (!seen.isLive && op.value !== null && steps.length > 0 && !steps.some(({ does }) => makers.has(does)))
    writeSteps(effects, op.key, [{ does: 'exist' }]);
  writeSteps(effects, op.key, steps);
  // That an entry was there before it was removed is no effect of its own.
  return steps.some(({ does }) => does !== 'exist' && (does !== 'raise' || !op.cell.startsWith('i')));
}

/** Writes what lives of a stream on a key that is gone. Returns whether there is one. */
export function putBackStream(state: KeyState, effects: Effects): boolean {
  if (!isStreamLive(state)) return false;
  writeSteps(effects, state.key, wholeSteps(heldStream(state)));
  return true;
}

/** The IDs of what lives of a stream; undefined when there is none. */
export function livingIds(state: KeyState): ReadonlySet<ByteString> | undefined {
  return isStreamLive(state) ? new Set(livingEntries(heldStream(state)).map(({ id }) => id)) : undefined;
}

/** Whether any of these consumer groups is not there, as far as is remembered. */
export function hasDeadGroup(state: KeyState, groups: Iterable<ByteString>): boolean {
  const held = heldStream(state);
  for (const group of groups) if (!groupOf(held, group).exists) return true;
  return false;
}

/** Makes Redis hold a cell as it is remembered, after a race with local writers. */
export function restoreStream(state: KeyState, cell: ByteString, effects: Effects): void {
  writeSteps(effects, state.key, restoreSteps(heldStream(state), cell));
}

/** Trims a stream again, after such a race. */
export function restoreTrim(state: KeyState, before: ByteString, effects: Effects): void {
  const held = heldStream(state);
  const trim = held.trims.find((known) => known.before === before);
  if (trim !== undefined) writeSteps(effects, state.key, trimSteps(held, held.trims, trim, state.content));
}

function writeSteps(effects: Effects, key: ByteString, steps: readonly StreamStep[]): void {
  for (const step of steps) {
    const from = effects.args.length;
    streamStep(effects.args, key, step);
    for (let i = from; i < effects.args.length; i++) effects.bytes += effects.args[i]!.length;
    effects.count++;
    if (stepGrows(step)) effects.grows = true;
  }
}
