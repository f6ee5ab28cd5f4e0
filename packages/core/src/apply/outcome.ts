/** How ops fare. */
import type { kindNames } from '../merge/cell-value.ts';

/** What an op is counted as when it loses. */
export type OpClass =
  | (typeof kindNames)[number]
  | 'delete'
  | 'expiry'
  | 'count'
  | 'guarded'
  | 'flush'
  | 'library'
  | 'want'
  | 'check'
  | 'publish';

/** How an op fared: `won` (it has, or will have, effect), or why not. */
export type Outcome = 'won' | `${OpClass}/remote-lost`;
