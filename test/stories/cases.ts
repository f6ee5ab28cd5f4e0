/** Every story. */
import type { Case } from '../support/case.ts';
import { counters } from './counters.ts';
import { queues } from './job-queue.ts';
import { sessions } from './sessions.ts';

export const stories: readonly Case[] = [...sessions, ...counters, ...queues];
