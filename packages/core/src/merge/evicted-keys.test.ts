import { expect, it } from 'vitest';
import type { Op } from '../entry/entry.ts';
import { reservedPrefix } from '../marker/marker.ts';
import { EvictedKeys } from './evicted-keys.ts';

const value = new Uint8Array([49]);
const assign: Op = { type: 'assign', db: 0, index: 0, key: 'k', value, expiry: null };
const field: Op = { type: 'field', db: 0, index: 0, key: 'k', field: 'f', value };

it('tells what has changed, once', () => {
  const evicted = new EvictedKeys();
  expect(evicted.takeChanges()).toBeUndefined();
  evicted.note(0, 'k');
  evicted.note(3, 'k');
  evicted.end(3, 'k');
  expect(evicted.takeChanges()).toEqual([
    { id: '0 k', number: 1, isOver: false },
    { id: '3 k', number: 2, isOver: false },
    { id: '3 k', number: 2, isOver: true },
  ]);
  expect(evicted.takeChanges()).toBeUndefined();
});

it('what changes nothing is not told', () => {
  const evicted = new EvictedKeys();
  evicted.note(0, 'k');
  evicted.takeChanges();
  evicted.note(0, 'k');
  evicted.note(0, `${reservedPrefix}0}`);
  evicted.end(0, 'other');
  expect(evicted.meets(field)).toBe(true);
  expect(evicted.meets(assign, false)).toBe(false);
  expect(evicted.takeChanges()).toBeUndefined();
  expect(evicted.has(0, 'k')).toBe(true);
});

it('what is whole again and evicted again has another number', () => {
  const evicted = new EvictedKeys();
  evicted.note(0, 'k');
  evicted.meets(assign);
  expect(evicted.isEmpty).toBe(true);
  evicted.note(0, 'k');
  expect(evicted.takeChanges()?.map(({ number, isOver }) => [number, isOver])).toEqual([
    [1, false],
    [1, true],
    [2, false],
  ]);
});

it('beyond its bound the oldest are over, and that is told', () => {
  const evicted = new EvictedKeys(2);
  for (const key of ['a', 'b', 'c']) evicted.note(0, key);
  expect(evicted.takeChanges()?.at(-1)).toEqual({ id: '0 a', number: 1, isOver: true });
  expect(['a', 'b', 'c'].map((key) => evicted.has(0, key))).toEqual([false, true, true]);
});

it('what is restored is remembered in that order, and is no change', () => {
  const evicted = new EvictedKeys(2);
  expect([evicted.restore('0 a'), evicted.restore('0 b')]).toEqual([1, 2]);
  expect(evicted.takeChanges()).toBeUndefined();
  evicted.note(0, 'c');
  expect(evicted.takeChanges()).toEqual([
    { id: '0 c', number: 3, isOver: false },
    { id: '0 a', number: 1, isOver: true },
  ]);
});

it('a value that keeps the expiry does not make a key whole', () => {
  const evicted = new EvictedKeys();
  evicted.note(0, 'k');
  expect(evicted.meets({ ...assign, expiry: 'keep' } as Op)).toBe(true);
  expect(evicted.has(0, 'k')).toBe(true);
  expect(evicted.meets({ ...assign, expiry: 5 } as Op)).toBe(false);
  expect(evicted.has(0, 'k')).toBe(false);
});

it('who cannot tell a key is remembered while it is evicted', () => {
  const evicted = new EvictedKeys();
  evicted.noteUntold(0, 'k', 2);
  expect(evicted.untoldBy(0, 'k')).toBeUndefined();
  evicted.note(0, 'k');
  evicted.noteUntold(0, 'k', 2);
  evicted.noteUntold(0, 'k', 3);
  expect([...evicted.untoldBy(0, 'k')!]).toEqual([2, 3]);
  evicted.end(0, 'k');
  evicted.note(0, 'k');
  expect(evicted.untoldBy(0, 'k')).toBeUndefined();
});

it('a key is left over until somebody writes to it here', () => {
  const evicted = new EvictedKeys();
  evicted.restore('0 earlier');
  evicted.note(0, 'k');
  expect([evicted.isLeftOver(0, 'k'), evicted.isLeftOver(0, 'earlier'), evicted.isLeftOver(0, 'other')]).toEqual([
    true,
    false,
    false,
  ]);
  evicted.noteWritten(0, 'k');
  expect(evicted.isLeftOver(0, 'k')).toBe(false);
  evicted.note(0, 'k');
  expect(evicted.isLeftOver(0, 'k'), 'evicted again').toBe(true);
  evicted.end(0, 'k');
  evicted.note(0, 'k');
  evicted.end(0, 'k');
  expect(evicted.isLeftOver(0, 'k')).toBe(false);
});
