/** The tests of the apply script's operations `Q` and `R`, by their letters. */
import { expiryGraceMs } from '@entwine/core';
import type { ApplyRun } from './apply-run.ts';
import { luaNumber, luaOperand, luaText } from './lua-values.ts';

type Test = (run: ApplyRun, key: string, field: string, expected: string) => boolean;

const scoreIsMissing: Test = (run, key, field) => run.try('ZSCORE', key, field) === null;

const tests: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['s', (run, key, _field, expected) => run.try('GET', key) === expected],
  ['n', (run, key) => run.call('EXISTS', key) === 0],
  ['h', (run, key, field, expected) => run.try('HGET', key, field) === expected],
  ['i', (run, key, field) => run.try('HGET', key, field) === null],
  ['m', (run, key, field) => run.try('SISMEMBER', key, field) === 1],
  ['o', (run, key, field) => run.try('SISMEMBER', key, field) === 0],
  ['z', scoreIs],
  ['y', scoreIsMissing],
  ['e', (run, key, _field, expected) => luaText(expiryOf(run, key)) === expected],
  ['x', expiryMoved],
  ['w', expiryIsNoLater],
]);

/** The test that a cell is missing, by the test of what it holds. */
const missing: ReadonlyMap<string, string> = new Map([
  ['s', 'n'],
  ['h', 'i'],
  ['z', 'y'],
]);

/** Whether a test holds. */
export function holds(run: ApplyRun, test: string, key: string, field: string, expected: string): boolean {
  return (tests.get(test) ?? scoreIsMissing)(run, key, field, expected);
}

/** Whether there is nothing that the test could hold for. */
export function isMissing(run: ApplyRun, test: string, key: string, field: string): boolean {
  return holds(run, missing.get(test) ?? '', key, field, '');
}

function scoreIs(run: ApplyRun, key: string, field: string, expected: string): boolean {
  const score = run.try('ZSCORE', key, field);
  return typeof score === 'string' && luaNumber(score) === luaNumber(expected);
}

function expiryMoved(run: ApplyRun, key: string, _field: string, expected: string): boolean {
  const moved = expiryOf(run, key) - luaOperand(expected);
  return moved >= 0 && moved % expiryGraceMs === 0;
}

/** A key that is there and is to stay longer joins the values: its database and name. */
function expiryIsNoLater(run: ApplyRun, key: string, _field: string, expected: string): boolean {
  const at = expiryOf(run, key);
  if (at >= 0 && at <= luaOperand(expected)) return true;
  if (at !== -2) run.values.push(run.db, key);
  return false;
}

/** Unix milliseconds; -1 when the key stays, -2 when it is missing. */
function expiryOf(run: ApplyRun, key: string): number {
  return Number(run.call('PEXPIRETIME', key));
}
