import { expect, it } from 'vitest';
import { Alarms } from './alarms.ts';
import type { EngineEvent } from './options.ts';

function setup() {
  const events: EngineEvent[] = [];
  const clock = { ms: 1000, now: () => clock.ms };
  return { alarms: new Alarms(clock, (event) => events.push(event)), events, clock };
}

it('says once that something is wrong, counts it, and says once that it has passed', () => {
  const { alarms, events, clock } = setup();
  alarms.raise('link', 'down');
  clock.ms = 2000;
  alarms.raise('link', 'down');
  expect(alarms.list()).toEqual([{ name: 'link', message: 'down', since: 2000, count: 2, active: true }]);
  alarms.clear('link');
  alarms.clear('link');
  expect(alarms.list()[0]).toMatchObject({ active: false, count: 2 });
  expect(events.map(({ level, message }) => `${level} ${message}`)).toEqual(['warn down', 'info link has passed']);
});

it('says it again when the message changes, or when it comes back', () => {
  const { alarms, events } = setup();
  alarms.raise('apply', 'slow', 'error');
  alarms.raise('apply', 'refused', 'error');
  alarms.clear('apply');
  alarms.raise('apply', 'refused', 'error');
  expect(events.map(({ level }) => level)).toEqual(['error', 'error', 'info', 'error']);
});

it('knows nothing of alarms that were never raised', () => {
  const { alarms, events } = setup();
  alarms.clear('nothing');
  expect([alarms.list(), events]).toEqual([[], []]);
});
