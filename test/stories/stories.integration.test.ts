/** What applications do, on real servers, each by its name. */
import { stories as scenario } from '../scenarios/stories.ts';
import { liveTests } from '../support/live-tests.ts';
import { stories } from './cases.ts';

liveTests(scenario, stories);
