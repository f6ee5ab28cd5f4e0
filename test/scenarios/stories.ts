/** What applications do: sessions, rate limiters, a leaderboard, a job queue, counters by site. */
import { stories as cases } from '../stories/cases.ts';
import { scenarioOf } from '../support/live-case.ts';

export const stories = scenarioOf(
  {
    name: 'stories',
    title:
      'sessions, rate limiters, a leaderboard, a job queue, counters: at sites that do not always hear of each other',
    fullRuns: 20,
  },
  cases,
);
