/** The hard cases of the contract, live, all of them with one seed. */
import { hardCases as cases } from '../hard-cases/cases.ts';
import { scenarioOf } from '../support/live-case.ts';

export const hardCases = scenarioOf(
  {
    name: 'hard-cases',
    title: 'the hard cases of the contract at three sites: each ends exactly as it must',
    fullRuns: 20,
  },
  cases,
);
