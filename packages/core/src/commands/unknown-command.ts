/** Commands that the table has no row for: their keys, as far as the server tells which they are, are read back. */
import { type CommandRow, unread } from './command-row.ts';
import type { KeySpec } from './key-spec.ts';

/**
 * The row of a command that nobody knows, from what COMMAND says of its keys. Without specs, or where they do not fit the
 * arguments or are incomplete, the command counts as untranslated; the keys that were found are read all the same.
 */
export function unknownCommand(specs: readonly KeySpec[]): CommandRow {
  return { family: 'unknown', keys: specs, least: 1, translate: unread };
}
