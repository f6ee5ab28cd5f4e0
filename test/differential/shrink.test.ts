import { expect, test } from 'vitest';
import type { Step } from './command-stream.ts';
import { rebuilt, reduce } from './shrink.ts';

const items = Array.from({ length: 1_000 }, (_, place) => place);

test('finds the few that it takes', async () => {
  let attempts = 0;
  const fails = async (kept: readonly number[]): Promise<boolean> => {
    attempts += 1;
    return [17, 400, 999].every((item) => kept.includes(item));
  };
  expect(await reduce(items, fails, () => false)).toEqual([17, 400, 999]);
  expect(attempts).toBeLessThan(150);
});

test('stops when the time is over', async () => {
  let attempts = 0;
  const fails = async (kept: readonly number[]): Promise<boolean> => {
    attempts += 1;
    return kept.includes(500);
  };
  const kept = await reduce(items, fails, () => attempts >= 3);
  expect(attempts).toBe(3);
  expect(kept).toContain(500);
});

test('a transaction keeps its frame, and promises nothing when a part is left out', () => {
  const steps: Step[] = [
    { db: 0, commands: [['SET', 'k', 'v']] },
    {
      db: 1,
      commands: [['MULTI'], ['INCR', 'a'], ['INCR', 'b'], ['EXEC']],
      dues: [{ type: 'count', key: 'a', name: '', by: 1 }],
    },
  ];
  expect(rebuilt(steps, [{ step: 1, command: 2 }])).toEqual([
    { db: 1, commands: [['MULTI'], ['INCR', 'b'], ['EXEC']] },
  ]);
  expect(rebuilt(steps, [{ step: 0, command: 0 }])).toEqual([steps[0]]);
});
