/**
 * Values arrive as views of the batch, or of the piece of the stream, that they came in. While they are remembered for a moment
 * only, that costs nothing; one that stays would keep all of it in memory, so it gets bytes of its own.
 */
import { type CellValue, kinds } from './cell-value.ts';
import { type Cell, elementKinds, type KeyState } from './key-state.ts';
import type { EntrySlot } from './stream-entry.ts';

/** Names of the stream cells that hold what the op said. */
const registers = /^[gpc]/;

/** Copies what a key's cells and adds hold, as far as it is a part of something larger. */
export function detachState({ string, elements, adds }: KeyState): void {
  if (string !== undefined) detachCell(string);
  if (elements !== undefined) {
    for (const kind of elementKinds) elements[kind]?.forEach(detachCell);
    elements[kinds.stream]?.forEach(detachStreamCell);
  }
  if (adds !== undefined) for (const add of adds) add.args = add.args.map(ownBytes);
}

function detachCell(cell: Cell): void {
  if (cell.value instanceof Uint8Array) cell.value = ownBytes(cell.value);
}

function detachStreamCell(cell: Cell, name: string): void {
  const { value } = cell;
  if (name[0] === 'i' && value !== null) {
    const slot = value as unknown as EntrySlot;
    const adds = slot.adds.map((add) => ({ ...add, value: add.value.map(ownBytes) }));
    cell.value = { ...slot, adds } satisfies EntrySlot as unknown as CellValue;
  } else if (registers.test(name) && value !== null) cell.value = (value as readonly Uint8Array[]).map(ownBytes);
}

function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.length * 2 > bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
