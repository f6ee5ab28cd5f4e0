/** Exit codes: what a run ends with, by what became of its worlds. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Outcome } from './play-seed.ts';
import { exitCodes, Report, tracing } from './report.ts';
import { readArguments } from './sim-arguments.ts';
import { enoughSeeds, expected } from './situations.ts';

const everything = Object.fromEntries(expected.map((name) => [name, 1]));
const passed: Outcome = { seed: 1, verdict: 'passed', told: [], situations: everything };
const unsafe: Outcome = { seed: 2, verdict: 'unsafe', told: ['0 "k": differs'], situations: {} };
const stuck: Outcome = { seed: 3, verdict: 'stuck', told: ['it waits'], situations: {} };

async function run(outcomes: readonly Outcome[], ...args: string[]): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const read = readArguments(['--seed', '1', '--no-shrink', ...args]);
  const report = new Report(read, (line) => lines.push(line));
  for (const outcome of outcomes) await report.take(outcome, read.optionsOf(outcome.seed));
  return { code: report.end(), lines };
}

describe('the exit code', () => {
  it.each([
    ['all passed', [passed, passed], exitCodes.passed],
    ['sites differ', [passed, unsafe], exitCodes.unsafe],
    ['one never came to rest', [stuck, passed], exitCodes.stuck],
    ['both', [stuck, unsafe], exitCodes.unsafe],
  ])('where %s', async (_title, outcomes, code) => {
    expect((await run(outcomes)).code).toBe(code);
  });

  const { crash: _, ...butCrash } = everything;
  const long = Array.from({ length: enoughSeeds }, (_each, at) => ({ ...passed, seed: at, situations: butCrash }));

  it('tells what never occurred', async () => {
    const { code, lines } = await run(long);
    expect(code).toBe(exitCodes.missing);
    expect(lines).toContain('never occurred: crash');
  });

  it('does not ask for everything of few worlds, or of worlds of one kind', async () => {
    expect((await run(long.slice(1))).code).toBe(exitCodes.passed);
    expect((await run(long, '--calm')).code).toBe(exitCodes.passed);
    expect((await run(long, '--only', 'lists')).code).toBe(exitCodes.passed);
  });

  it('are all different', () => {
    expect(new Set(Object.values(exitCodes)).size).toBe(Object.keys(exitCodes).length);
  });
});

it('tells a line that plays a world again', async () => {
  const { lines } = await run([unsafe], '--steps', '7', '--key', '{p}:n1', '--drop', '3-4', '--without', 'crash,more');
  expect(lines).toContain(
    "  npm run sim -- --seeds 1 --seed 2 --sites 4 --steps 7 --key '{p}:n1' --drop 3-4 --without crash,more",
  );
});

it('shows transactions on a key, and no others', () => {
  const lines: string[] = [];
  const tell = tracing(['k'], (line) => lines.push(line));
  for (const words of [
    ['MULTI'],
    ['SET', 'other', '1'],
    ['EXEC'],
    ['MULTI'],
    ['SET', 'k', '1'],
    ['EXEC'],
    ['DEL', 'k'],
  ])
    tell('a', 0, words, 1, 2.5);
  expect(lines.map((line) => line.split(' ')[3])).toEqual(['["MULTI"]', '["SET","k","1"]', '["EXEC"]', '["DEL","k"]']);
});

const program = fileURLToPath(new URL('../sim.ts', import.meta.url));
const sim = (...args: string[]) =>
  spawnSync(process.execPath, ['--conditions=@entwine/source', program, ...args], { encoding: 'utf8' });

it.each([
  [['--steps', '0'], /--steps 0: a whole number from 1 is needed/],
  [['--without', 'rain'], /--without: there is no fault rain; there are .*crash/],
  [['--with', 'rain'], /--with rain: there are rival/],
  [['--drop', 'x'], /--drop x: numbers of steps/],
  [['--nonsense'], /nonsense/],
])('%j is refused', (args, message) => {
  const { status, stderr } = sim(...args);
  expect(status).toBe(exitCodes.usage);
  expect(stderr).toMatch(message);
});

it('says the same however many processes play', { timeout: 60_000 }, () => {
  const told = (jobs: string): string => sim('--seeds', '6', '--seed', '40', '--jobs', jobs).stdout;
  expect(told('3')).toBe(told('1'));
});
