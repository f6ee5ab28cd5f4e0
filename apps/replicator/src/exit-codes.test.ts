import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ExitName, exitCodes, exitCodeTable, exitMeanings } from './exit-codes.ts';

describe('exit codes', () => {
  test('are distinct, and never change', () => {
    expect(exitCodes).toEqual({
      ok: 0,
      unexpected: 1,
      usage: 2,
      config: 3,
      unreachable: 4,
      log: 5,
      resyncRequired: 6,
      superseded: 7,
      checkFailed: 8,
      failed: 9,
      listen: 10,
      stopTimeout: 11,
      notReady: 12,
    });
  });

  test('the README has the same table', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    for (const name of Object.keys(exitCodes) as ExitName[]) {
      expect(readme).toContain(`| ${exitCodes[name]} | ${exitMeanings[name]} |`);
      expect(exitCodeTable()).toContain(exitMeanings[name]);
    }
  });
});
