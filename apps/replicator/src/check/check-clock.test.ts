import { expect, test } from 'vitest';
import { sampleStatus } from '../testing/sample-status.ts';
import { judgeRunning } from './check-clock.ts';

test('a running replicator tells of its peers’ clocks, of what waits for them, and of its own', () => {
  const { origins } = sampleStatus();
  const skewed = (skewSeconds: number, quarantined = false) => [{ ...origins[0]!, skewSeconds, quarantined }];
  const alarm = { message: 'far ahead', since: 1, count: 1, active: true };
  const levels = (changes: Parameters<typeof sampleStatus>[0]) =>
    judgeRunning(sampleStatus(changes)).map(({ severity, name }) => [severity, name]);
  expect(levels({ origins: skewed(0.5) })).toEqual([['ok', 'b']]);
  expect(levels({ origins: skewed(-2) })).toEqual([['warning', 'b']]);
  expect(levels({ origins: skewed(600, true) })).toEqual([['error', 'b']]);
  const alarms = [
    { ...alarm, name: 'clock-wall-ahead' },
    { ...alarm, name: 'clock-logical-ahead', active: false },
    { ...alarm, name: 'apply-failed' },
  ];
  expect(levels({ origins: [], alarms })).toEqual([['error', 'clock-wall-ahead']]);
});
