/** Every story. */
import type { LiveCase } from '../support/live-case.ts';
import { counters } from './counters.ts';
import { queues } from './job-queue.ts';
import { sessions } from './sessions.ts';

export const stories: readonly LiveCase[] = [...sessions, ...counters, ...queues];
