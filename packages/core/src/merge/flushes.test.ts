import { describe, expect, it } from 'vitest';
import { allDatabases } from './databases.ts';
import { Flushes } from './flushes.ts';

const at = (time: number, priority = 1) => ({ time, priority, index: 0 });

describe('flushes that spare nothing', () => {
  it('the newest counts, of the database or of all', () => {
    const flushes = new Flushes();
    expect([flushes.isEmpty, flushes.of(0, 'k')]).toEqual([true, undefined]);
    expect(flushes.note(0, at(20, 1))).toBe(true);
    expect(flushes.note(0, at(10, 2))).toBe(false);
    expect(flushes.note(1, at(10, 2))).toBe(true);
    expect(flushes.note(allDatabases, at(15, 2))).toBe(true);
    expect(flushes.note(1, at(12, 1))).toBe(false);
    expect([0, 1, 2].map((db) => flushes.of(db, 'k')?.time)).toEqual([20, 15, 15]);
  });

  it('are forgotten at the cut', () => {
    const flushes = new Flushes();
    flushes.note(0, at(20));
    flushes.note(1, at(30));
    flushes.forget(20);
    expect([flushes.of(0, 'k'), flushes.of(1, 'k')?.time]).toEqual([undefined, 30]);
    flushes.forget(30);
    expect(flushes.isEmpty).toBe(true);
  });
});

it('of flushes that spare keys, an older one of another site still takes away what the newer spared', () => {
  const flushes = new Flushes();
  flushes.spares = (_db, key, priority) => key === 'home-1' && priority !== 1;
  expect(flushes.note(0, at(20, 2))).toBe(true);
  expect(flushes.of(0, 'home-1')).toBeUndefined();
  expect(flushes.note(0, at(10, 1))).toBe(true);
  expect([flushes.of(0, 'home-1')?.time, flushes.of(0, 'other')?.time]).toEqual([10, 20]);
  expect(flushes.note(0, at(9, 1))).toBe(false);
  flushes.forget(10);
  expect([flushes.of(0, 'home-1'), flushes.of(0, 'other')?.time]).toEqual([undefined, 20]);
});
