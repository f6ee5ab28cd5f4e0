import { describe, expect, it } from 'vitest';
import { Horizon, siteOf, TrimMarks } from './horizon.ts';

function marks(...seqs: readonly number[]): TrimMarks {
  const made = new TrimMarks();
  for (const seq of seqs) made.add(seq, seq * 10);
  return made;
}

describe('Horizon', () => {
  it('W is the least of our own and every peer that was settled', () => {
    const horizon = new Horizon(['b', 'c']);
    horizon.settled('b', 50);
    expect(horizon.received(100, false)).toBe(0);
    horizon.settled('c', 70);
    expect(horizon.received(100, false)).toBe(50);
    horizon.settled('b', 90);
    expect(horizon.received(60, false)).toBe(60);
  });

  it('W never goes back', () => {
    const horizon = new Horizon(['b']);
    horizon.settled('b', 50);
    expect(horizon.received(100, false)).toBe(50);
    horizon.settled('b', 20);
    expect(horizon.received(30, false)).toBe(50);
  });

  it('W stands still while it is held', () => {
    const horizon = new Horizon(['b']);
    horizon.settled('b', 50);
    horizon.received(100, false);
    horizon.settled('b', 80);
    expect(horizon.received(100, true)).toBe(50);
    expect(horizon.received(100, false)).toBe(80);
  });

  it('the cut is the least of all W, and 0 while a peer has said none', () => {
    const horizon = new Horizon(['b', 'c']);
    horizon.settled('b', 500);
    horizon.settled('c', 500);
    horizon.received(500, false);
    horizon.reported('b', 300);
    expect(horizon.cut()).toBe(0);
    horizon.reported('c', 400);
    expect(horizon.cut()).toBe(300);
    horizon.reported('b', 250);
    expect(horizon.cut()).toBe(300);
    horizon.reported('b', 900);
    horizon.reported('c', 900);
    expect(horizon.cut()).toBe(500);
  });

  it('without peers the cut is our own', () => {
    const horizon = new Horizon([]);
    expect(horizon.received(70, false)).toBe(70);
    expect(horizon.cut()).toBe(70);
  });
});

describe('TrimMarks', () => {
  it('gives the greatest seq at or below both limits, once', () => {
    const made = marks(1, 2, 3, 4);
    expect(made.upTo(30, 2)).toBe(2);
    expect(made.upTo(30, 2)).toBe(0);
    expect(made.upTo(30, 9)).toBe(3);
    expect(made.oldest).toBe(40);
  });

  it('gives 0 where there is nothing to trim', () => {
    expect(new TrimMarks().upTo(100, 100)).toBe(0);
    expect(new TrimMarks().oldest).toBe(0);
    expect(marks(5).upTo(49, 9)).toBe(0);
    expect(marks(5).upTo(50, 4)).toBe(0);
  });
});

it('names the site of an origin', () => {
  expect(siteOf('b/main/b1')).toBe('b');
});

describe('who holds the cut back', () => {
  it('the site heard of least, though others say that they lack it; else the one that has settled least', () => {
    const horizon = new Horizon(['b', 'c']);
    expect(horizon.holder(10)).toEqual({ site: 'b', time: 0, by: 'settled' });
    horizon.settled('b', 200);
    horizon.settled('c', 100);
    horizon.reported('b', 95);
    horizon.reported('c', 98);
    expect(horizon.holder(10)).toEqual({ site: 'c', time: 100, by: 'settled' });
    horizon.settled('c', 200);
    expect(horizon.holder(10)).toEqual({ site: 'b', time: 95, by: 'reported' });
    expect(new Horizon([]).holder(10)).toBeUndefined();
  });
});
