/**
 * Parts of a string: counts, bits, sketch elements, and what commands run one upon the other make. Ops of one part go
 * together in any order, ops of two do not: a bit set in a number is another number.
 *
 * A writer that knows of another part says what the string holds (`state`). Where writers did not know of each other, an op
 * is not run on another part that lives and is remembered. Its site is asked and answers with all of the string, also where
 * what lives is newer: that may yet turn out to have stood on something that is gone.
 */
import type { Op } from '../entry/entry.ts';
import { isNewer, newest, type Time, type Version } from '../version/version.ts';
import { kinds } from './cell-value.ts';
import { baseOf, matchCount, newestCount } from './counting.ts';
import { type Fit, isChainLive } from './guarded.ts';
import type { KeyState, Layer } from './key-state.ts';
import { isLayerLive, isStanding } from './read-key.ts';

/** An op on a part of a string. Of counts, those in other kinds than strings are none. */
export type PartOp = Extract<Op, { type: 'count' | 'bit' | 'sketch' }>;

/** What to do with such an op of another site. To be asked before it is merged. */
export function fitOfPart(state: KeyState, op: PartOp, version: Version, cut: Time): Fit {
  if (!meetsPart(state, op) || !counts(state, op, version, cut)) return 'run';
  const other = newestBeside(state, op, cut);
  if (other === undefined) return 'run';
  return isNewer(version, other) ? 'ask' : 'lost';
}

/** Whether anything of another part is remembered, be it alive or not. */
export function meetsPart(state: KeyState, op: PartOp): boolean {
  const { chain, string, layers } = state;
  if (op.type === 'count' && op.cell !== 'string') return false;
  if (chain !== undefined) return true;
  if (op.type === 'count') return layers !== undefined;
  if (string?.counts !== undefined) return true;
  if (layers === undefined) return false;
  if (state.mixedLayers) return true;
  for (const first of layers.values()) return !isOf(first, op);
  return false;
}

/** Whether the op would have effect if it were alone. */
function counts(state: KeyState, op: PartOp, version: Version, cut: Time): boolean {
  if (!isStanding(state, kinds.string, version)) return false;
  if (op.type !== 'count') return isNewer(version, state.string?.version);
  const { string } = state;
  const current = baseOf(state, kinds.string, string, cut);
  return matchCount(state, kinds.string, string, { base: op.base, version }, current, cut) === 'current';
}

/** The newest op of another part that lives. */
function newestBeside(state: KeyState, op: PartOp, cut: Time): Version | undefined {
  const { chain, string, layers } = state;
  let found = isChainLive(state, kinds.string) ? chain!.version : undefined;
  if (op.type !== 'count' && string !== undefined) found = newest(found, newestCount(state, kinds.string, string, cut));
  for (const layer of layers?.values() ?? []) {
    if (!isOf(layer, op) && isLayerLive(state, layer)) found = newest(found, layer.version);
  }
  return found;
}

function isOf(layer: Layer, op: PartOp): boolean {
  return op.type === (layer.offset === undefined ? 'sketch' : 'bit');
}
