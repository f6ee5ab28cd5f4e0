import { describe, expect, test } from 'vitest';
import { percentile } from './lag-probe.ts';
import { type Outcome, report, succeeded } from './report.ts';

const good: Outcome = {
  writes: new Map([
    ['a', 41_234],
    ['b', 40_987],
  ]),
  conflicts: { 'string/remote-won': 10, 'hash/remote-lost': 5 },
  lags: [1, 2, 3, 4],
  counters: [
    { counters: 15, expected: 1234, found: 1234, wrong: [] },
    { counters: 15, expected: 1234, found: 1234, wrong: [] },
  ],
  comparison: { keys: 2000, elements: 9000, expiries: 100, differing: 0, keysThatDiffer: [], differences: [] },
  servers: 4,
};

describe('what counts as success', () => {
  test('nothing differs and every counter is exact', () => {
    expect(succeeded(good)).toBe(true);
  });

  test('not: a difference, a wrong counter at any server, nothing compared', () => {
    expect(succeeded({ ...good, comparison: { ...good.comparison, differing: 1 } })).toBe(false);
    expect(succeeded({ ...good, comparison: { ...good.comparison, keys: 0 } })).toBe(false);
    const wrong = { counters: 15, expected: 1234, found: 1233, wrong: ['c:a:0 holds 1 at b, 2 expected'] };
    expect(succeeded({ ...good, counters: [...good.counters, wrong] })).toBe(false);
  });
});

test('the table', () => {
  expect(report(good)).toBe(
    [
      '',
      '+--------------------+----------------------+',
      '| writes at site a   | 41,234               |',
      '| writes at site b   | 40,987               |',
      '| conflicts resolved | 15                   |',
      '| lag p50 / p99      | 3.0 / 4.0 ms         |',
      '| counters expected  | 1,234 in 15 counters |',
      '| counters found     | 1,234                |',
      '| keys compared      | 2,000 at 4 servers   |',
      '| elements, expiries | 9,000, 100           |',
      '| differences        | 0                    |',
      '+--------------------+----------------------+',
    ].join('\n'),
  );
});

test('differences are told below the table', () => {
  const differences = ['db 0 key "k": string at a-master, none at b-master'];
  const text = report({ ...good, comparison: { ...good.comparison, differing: 1, differences } });
  expect(text.endsWith(`+\n${differences[0]}`)).toBe(true);
});

test('percentiles', () => {
  expect(percentile([3, 1, 2], 0.5)).toBe(2);
  expect(percentile([3, 1, 2], 0.99)).toBe(3);
  expect(percentile([], 0.5)).toBeNaN();
});
