import type { Ask } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { maxStoredAsks, OpenAsks } from './open-asks.ts';

const whole = (key: string, overwrites = false, db = 0): Ask => ({ type: 'state', db, key, overwrites });
const moved = (key: string, left: boolean): Ask => ({ type: 'moved', db: 0, key, left });
const check = (key: string): Ask => ({ type: 'check', db: 0, key });

function open(...asks: readonly Ask[]): OpenAsks {
  const opened = new OpenAsks();
  for (const ask of asks) opened.add(ask);
  return opened;
}

describe('OpenAsks', () => {
  it('asks for all of a key once, in its first place, and overwriting once anything overwrote', () => {
    const asks = open(whole('k'), whole('l'), whole('k', true), whole('k'));
    expect(asks.size).toBe(2);
    expect(asks.wholeOf(0, 'k')).toEqual(whole('k', true));
    expect(asks.take(9)).toEqual([whole('k', true), whole('l')]);
    expect(asks.size).toBe(0);
  });

  it('asks for a key that is only to be told again as one that is, until it is asked for on our account', () => {
    const again: Ask = { type: 'state', db: 0, key: 'k', overwrites: false, again: true };
    expect(open(again).stored([])).toEqual([{ db: 0, key: 'k', what: 'state', overwrites: false, again: true }]);
    expect(open(again, whole('k')).take(1)).toEqual([whole('k')]);
    expect(open(whole('k'), again).take(1)).toEqual([whole('k')]);
  });

  it('hands out what was moved to one key together, and takes as many keys as are asked for', () => {
    const asks = open(moved('l', true), whole('k'), moved('l', true), check('k'));
    expect(asks.movesTo(0, 'l')).toHaveLength(2);
    expect(asks.take(2)).toEqual([moved('l', true), moved('l', true), whole('k')]);
    expect(asks.take(2)).toEqual([check('k')]);
    expect(open(moved('l', false)).takeMovesTo(0, 'l')).toEqual([moved('l', false)]);
  });

  it('puts back what was not answered before the rest, and forgets nothing of it', () => {
    const asks = open(whole('k'), moved('l', true), whole('m'));
    const taken = asks.take(2);
    asks.add(moved('l', true));
    asks.add(whole('k', true));
    asks.putBack(taken);
    expect(asks.take(9)).toEqual([whole('k', true), moved('l', true), moved('l', true), whole('m')]);
  });

  it('remembers keys one by one, but for comparisons; of listed ones above the limit only their database', () => {
    const few = open(whole('k', true), check('k'), moved('l', true));
    expect(few.stored([whole('m')])).toEqual([
      { db: 0, key: 'm', what: 'state', overwrites: false },
      { db: 0, key: 'k', what: 'state', overwrites: true },
      { db: 0, key: 'l', what: 'state', overwrites: false },
    ]);
    const listed = Array.from(
      { length: maxStoredAsks + 1 },
      (_, i) => ({ ...whole(`k${i}`, false, 2), listed: true }) as Ask,
    );
    // The source of a RENAME, say, which no list has.
    const renamed = { db: 2, key: 'gone', what: 'state', overwrites: false } as const;
    const database = { db: 2, key: '', what: 'database', overwrites: false } as const;
    expect(open(...listed, whole('gone', false, 2)).stored([])).toEqual([renamed, database]);
    expect(open(...listed.slice(1)).stored([])).toHaveLength(maxStoredAsks);
    const [first, ...rest] = listed;
    expect(open(first!, whole('k0', false, 2)).stored([])).toEqual([{ ...renamed, key: 'k0' }]);
    expect(
      open(...rest, whole('gone', false, 2), { ...whole('gone', false, 2), listed: true } as Ask).stored([]),
    ).toHaveLength(maxStoredAsks + 1);
  });
});
