/** Every hard case that can be played, in the order of its number; docs/testing.md has the table. */
import type { Case } from '../support/case.ts';
import { rollbacks } from './01-rollback.ts';
import { resent } from './02-resent.ts';
import { transactions } from './03-transaction.ts';
import { expiries } from './04-expiry.ts';
import { renames } from './05-rename.ts';
import { forgotten } from './06-forgetting.ts';
import { crashes } from './07-crash.ts';
import { logs } from './08-log.ts';
import { kindRaces } from './09-kinds.ts';
import { guarded } from './10-guarded.ts';
import { refusals } from './11-refusals.ts';
import { compared } from './12-compared.ts';
import { streamIds } from './13-stream-ids.ts';
import { scores } from './14-scores.ts';
import { registers } from './15-registers.ts';
import { failovers } from './16-failover.ts';
import { markers } from './18-marker.ts';
import { evictions } from './19-evicted.ts';
import { swaps } from './22-swapdb.ts';
import { reasserts } from './23-reassert.ts';

export const hardCases: readonly Case[] = [
  ...rollbacks,
  ...resent,
  ...transactions,
  ...expiries,
  ...renames,
  ...forgotten,
  ...crashes,
  ...logs,
  ...kindRaces,
  ...guarded,
  ...refusals,
  ...compared,
  ...streamIds,
  ...scores,
  ...registers,
  ...failovers,
  ...markers,
  ...evictions,
  ...swaps,
  ...reasserts,
];
