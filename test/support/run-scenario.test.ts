import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scenarios } from '../scenarios/table.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

const options = { seed: 42, run: 0, full: false, log: () => {} };

function scenario(run: Scenario['run']): Scenario {
  return { name: 'made-up', title: 'made up', ciRuns: 1, fullRuns: 1, run };
}

test('hands on what the run found, and undoes last first', async () => {
  const undone: string[] = [];
  const figures = await runScenario(
    scenario(async (context) => {
      context.defer(() => undone.push('first'));
      context.defer(() => undone.push('second'));
      return { seed: context.seed };
    }),
    options,
  );
  expect(figures).toEqual({ seed: 42 });
  expect(undone).toEqual(['second', 'first']);
});

test('a failure tells the seed and how to run it again, and keeps logs but not data', async () => {
  let folder = '';
  const failing = scenario(async (context) => {
    folder = context.folder;
    writeFileSync(join(folder, 'replicator.log'), 'what happened');
    writeFileSync(join(folder, 'data.mdb'), 'data');
    throw new Error('not so: it works');
  });
  const failure = await runScenario(failing, { ...options, full: true }).catch((error: unknown) => String(error));
  expect(failure).toContain('made-up: not so: it works');
  expect(failure).toContain('npm run prove -- made-up --runs 1 --seed 42 --full');
  const kept = /^logs: (.*)$/m.exec(failure as string)?.[1] ?? '';
  expect(readFileSync(join(kept, 'replicator.log'), 'utf8')).toBe('what happened');
  expect([existsSync(join(kept, 'data.mdb')), existsSync(folder)]).toEqual([false, false]);
  rmSync(kept, { recursive: true });
});

test('names in the table are unique and fit for a command line', () => {
  const names = scenarios.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
});
