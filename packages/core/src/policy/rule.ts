/**
 * Rules about keys: what becomes of writes to them (policies), and which of them leave or enter a site (filters). In either
 * list the first rule that matches counts.
 */
import type { ByteString } from '../bytes/byte-string.ts';

/**
 * What becomes of writes to a key.
 * - `lww`: every command by its own rule. What holds where no rule matches.
 * - `local`: each site has its own.
 * - `home`: only this site's writes count; others' are undone.
 * - `counter`: how increments are told: `merge` adds up what all sites add, `lww` tells the result, and the newest wins.
 */
export type Policy = 'lww' | 'local' | { readonly home: string } | { readonly counter: 'merge' | 'lww' };

/** Which keys a rule is about. */
export interface KeyRule {
  /** Globs; one has to match. */
  readonly keys: readonly ByteString[];
  /** @defaultValue every database */
  readonly databases?: readonly number[] | undefined;
}

export interface PolicyRule extends KeyRule {
  readonly policy: Policy;
}

/** A rule about what leaves or enters a site. Without `keys` it is about all there is, flushes, libraries and messages too. */
export interface FilterRule {
  readonly keys?: readonly ByteString[] | undefined;
  /** @defaultValue every database */
  readonly databases?: readonly number[] | undefined;
  /** Names of commands, upper case, a subcommand behind a bar; only of what leaves. @defaultValue every command */
  readonly commands?: readonly string[] | undefined;
  readonly action: 'allow' | 'deny';
}

/** What is shipped and what is applied where no rule matches: everything. */
export interface Filters {
  readonly in?: readonly FilterRule[] | undefined;
  readonly out?: readonly FilterRule[] | undefined;
}

/** Whether a site sends its writes, receives those of others, or both. */
export type Direction = 'send' | 'receive' | 'both';
