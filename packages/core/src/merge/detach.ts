/**
 * Values arrive as views of the batch, or of the piece of the stream, that they came in. While they are remembered for a moment
 * only, that costs nothing; one that stays would keep all of it in memory, so it gets bytes of its own.
 */
import type { CellValue } from './cell-value.ts';
import type { Cell, KeyState } from './key-state.ts';

/** Copies what a key's cells and adds hold. */
export function detachState({ string, elements, adds }: KeyState): void {
  if (string !== undefined) detachCell(string);
  if (elements !== undefined) for (const cells of elements) cells?.forEach(detachCell);
  if (adds !== undefined) for (const add of adds) add.args = add.args.map(ownBytes);
}

function detachCell(cell: Cell): void {
  if (cell.value !== null && typeof cell.value === 'object') cell.value = detachValue(cell.value);
}

function detachValue(value: Exclude<CellValue, number | true>): CellValue {
  return value instanceof Uint8Array ? ownBytes(value) : value.map(ownBytes);
}

function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.length * 2 > bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
