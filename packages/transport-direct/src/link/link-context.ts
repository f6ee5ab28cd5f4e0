/** What dialers and the listener share. */
import type { TransportHost } from '@entwine/core';
import type { DirectLimits, DirectSecurity } from '../direct-options.ts';
import type { Identity } from '../wire/identity.ts';
import type { LinkBoard } from './link-board.ts';

/** One transport's surroundings. */
export interface LinkContext {
  readonly self: Identity;
  readonly host: TransportHost;
  readonly limits: DirectLimits;
  readonly security: DirectSecurity;
  readonly board: LinkBoard;
  readonly random: () => number;
  /** 32 bytes never used before. */
  readonly nonce: () => Uint8Array;
}
