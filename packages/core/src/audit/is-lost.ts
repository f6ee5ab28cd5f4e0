/** Whether a write that stood before an op was merged has no effect any more, and what that is on record as. */
import { equalBytes } from '../bytes/byte-string.ts';
import { equalValues, idText } from '../commands/stream-cells.ts';
import type { Op } from '../entry/entry.ts';
import { type CellValue, kindNames } from '../merge/cell-value.ts';
import { findCell, type KeyState } from '../merge/key-state.ts';
import { isLayerLive, isLive, isStanding } from '../merge/read-key.ts';
import { heldStream, isEntryHeld } from '../merge/stream-cells-merge.ts';
import { compareVersions, type Time } from '../version/version.ts';
import { type Holding, isAddHeld, isCounting } from './at-risk.ts';
import type { Conflict } from './conflict.ts';

/** What a lost write is on record as. */
export type Loss = Pick<Conflict, 'kind' | 'cell' | 'discarded'>;

/**
 * What a holding has lost by an op that was merged; undefined: nothing. A value that the op writes as well is not lost, nor is a
 * removal where nothing has taken its place, nor what its site will add again.
 */
export function lossOf(state: KeyState, holding: Holding, op: Op, cut: Time): Loss | undefined {
  switch (holding.type) {
    case 'cell': {
      const { kind, cell: field, version, value } = holding;
      const cell = findCell(state, kind, field);
      const same = cell?.version !== undefined && compareVersions(cell.version, version) === 0;
      if (same && (value === null || isLive(state, kind, cell, cut, field))) return undefined;
      const now = cell !== undefined && isLive(state, kind, cell, cut, field) ? cell.value : null;
      if (equalCells(value, now)) return undefined;
      return { kind: kindNames[kind]!, cell: field, discarded: value };
    }
    case 'count':
      if (isCounting(state, holding.kind, holding.cell, holding.version, cut)) return undefined;
      return { kind: 'count', cell: holding.cell, discarded: holding.sum };
    case 'layer': {
      const { layer, id } = holding;
      const now = state.layers?.get(id);
      if (now !== undefined && isLayerLive(state, now) && now.on === layer.on) return undefined;
      const cell = layer.offset === undefined ? (layer.element ?? '') : String(layer.offset);
      return { kind: layer.offset === undefined ? 'string' : 'bit', cell, discarded: layer.on ? 1 : 0 };
    }
    case 'add': {
      const { add } = holding;
      if (isAddHeld(state, add)) return undefined;
      return { kind: add.kind, cell: '', discarded: add.args };
    }
    case 'chain':
      return lossOfChain(state, holding, op);
    case 'entry': {
      const { cell, version, value } = holding;
      if (isEntryHeld(heldStream(state), cell, version)) return undefined;
      return { kind: 'stream', cell: idText(cell), discarded: value };
    }
    case 'expiry': {
      const { version, at, byRoot } = holding;
      const { expiryVersion } = state;
      if (expiryVersion !== undefined && compareVersions(expiryVersion, version) === 0) return undefined;
      if (state.expiry === at || (byRoot && (at === null || op.type !== 'expire'))) return undefined;
      return { kind: 'expiry', cell: '', discarded: at };
    }
    case 'root':
      return { kind: 'delete', cell: '', discarded: null };
  }
}

/** Of elements taken away nothing is lost where the key is gone, nor of added ones that their site adds again. */
function lossOfChain(
  state: KeyState,
  { kind, chain, adds }: Extract<Holding, { type: 'chain' }>,
  op: Op,
): Loss | undefined {
  if (state.chain !== undefined && compareVersions(state.chain.version, chain.version) === 0) {
    if (isStanding(state, kind, chain.version)) return undefined;
  }
  const replaced = op.type === 'state' && op.content?.kind === kindNames[kind];
  if (!adds && !replaced) return undefined;
  if (chain.returns && op.type === 'state' && op.covers !== null) return undefined;
  return { kind: kindNames[kind]!, cell: '', discarded: adds ? undefined : null };
}

/** Whether two cells hold the same; `null`: nothing. */
export function equalCells(a: CellValue | null, b: CellValue | null): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && equalBytes(a, b);
  if (Array.isArray(a)) return Array.isArray(b) && equalValues(a, b);
  return a === b || (typeof a === 'number' && typeof b === 'number' && a + 0 === b + 0);
}
