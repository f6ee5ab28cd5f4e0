/** Every hard case that is played live, in the order of its number. */
import type { Case } from '../support/case.ts';
import { transactions } from './03-transaction.ts';
import { expiries } from './04-expiry.ts';
import { renames } from './05-rename.ts';
import { kindRaces } from './09-kinds.ts';
import { guarded } from './10-guarded.ts';
import { refusals } from './11-refusals.ts';
import { streamIds } from './13-stream-ids.ts';
import { scores } from './14-scores.ts';
import { registers } from './15-registers.ts';
import { markers } from './18-marker.ts';
import { evictions } from './19-evicted.ts';
import { swaps } from './22-swapdb.ts';
import { reasserts } from './23-reassert.ts';

export const hardCases: readonly Case[] = [
  ...transactions,
  ...expiries,
  ...renames,
  ...kindRaces,
  ...guarded,
  ...refusals,
  ...streamIds,
  ...scores,
  ...registers,
  ...markers,
  ...evictions,
  ...swaps,
  ...reasserts,
];
