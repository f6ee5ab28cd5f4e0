import { Model } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { Wants } from './wants.ts';

function wanting(): { wants: Wants; state: ReturnType<Model['obtain']> } {
  const model = new Model(0, 1);
  const state = model.obtain(0, 'k');
  state.wanted = { time: 1, priority: 2, index: 0 };
  return { wants: new Wants(model), state };
}

describe('Wants', () => {
  it('repeats what has no answer, ever more slowly', () => {
    const { wants, state } = wanting();
    const asked: number[] = [];
    wants.asked(state, 0);
    for (let now = 0; now <= 200_000; now += 250) {
      for (const due of wants.due(now)) {
        asked.push(now);
        wants.asked(due, now);
      }
    }
    expect(asked).toEqual([2000, 6000, 14_000, 30_000, 62_000, 122_000, 182_000]);
    expect(wants.unanswered).toBe(1);
  });

  it('forgets what was answered', () => {
    const { wants, state } = wanting();
    wants.asked(state, 0);
    state.wanted = undefined;
    expect(wants.due(100_000)).toEqual([]);
    expect(wants.unanswered).toBe(0);
  });
});
