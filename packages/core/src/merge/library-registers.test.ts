import { expect, test } from 'vitest';
import type { Op } from '../entry/entry.ts';
import { everyLibrary, type LibraryOutcome, LibraryRegisters } from './library-registers.ts';

const code = (text: string): Uint8Array => new TextEncoder().encode(text);
const shown = (registers: LibraryRegisters, name: string): string | undefined => {
  const known = registers.find(name);
  return known === undefined ? undefined : known.code === null ? '(gone)' : new TextDecoder().decode(known.code);
};

function merge(registers: LibraryRegisters, time: number, name: string, text: string | null): LibraryOutcome {
  const op: Op = { type: 'library', db: 0, index: 0, key: name, code: text === null ? null : code(text) };
  return registers.merge(op, { time, priority: 1, origin: 'a/main/1' });
}

test('the newest load or deletion of a library wins, in any order', () => {
  const [one, other] = [new LibraryRegisters(), new LibraryRegisters()];
  expect(merge(one, 1, 'l', 'x')).toBe('changed');
  expect(merge(one, 2, 'l', null)).toBe('changed');
  expect(merge(one, 3, 'l', 'y')).toBe('changed');
  expect(merge(other, 3, 'l', 'y')).toBe('changed');
  expect(merge(other, 1, 'l', 'x')).toBe('lost');
  expect(merge(other, 2, 'l', null)).toBe('lost');
  expect([shown(one, 'l'), shown(other, 'l')]).toEqual(['y', 'y']);
});

test('what says nothing new is told, and counts as newer', () => {
  const registers = new LibraryRegisters();
  merge(registers, 1, 'l', 'x');
  expect(merge(registers, 3, 'l', 'x')).toBe('same');
  expect(merge(registers, 2, 'l', 'y')).toBe('lost');
});

test('a deletion of all spares what is newer, in any order', () => {
  const [one, other] = [new LibraryRegisters(), new LibraryRegisters()];
  merge(one, 1, 'old', 'x');
  merge(one, 3, 'new', 'y');
  expect(merge(one, 2, everyLibrary, null)).toBe('changed');
  expect(merge(other, 2, everyLibrary, null)).toBe('changed');
  expect(merge(other, 1, 'old', 'x')).toBe('lost');
  expect(merge(other, 3, 'new', 'y')).toBe('changed');
  for (const registers of [one, other]) {
    expect([shown(registers, 'old'), shown(registers, 'new'), shown(registers, 'never')]).toEqual([
      '(gone)',
      'y',
      '(gone)',
    ]);
    expect([...registers.entries()].map(([name]) => name)).toEqual(['new']);
    expect(merge(registers, 1, everyLibrary, null)).toBe('lost');
  }
});
