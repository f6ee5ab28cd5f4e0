/** The hard cases of the contract on real servers, each by its number and name. */
import { hardCases as scenario } from '../scenarios/hard-cases.ts';
import { liveTests } from '../support/live-tests.ts';
import { hardCases } from './cases.ts';

liveTests(scenario, hardCases);
