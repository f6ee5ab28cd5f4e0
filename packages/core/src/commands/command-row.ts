/** The form of a row in the command table. */
import type { Command } from '../resp/command.ts';
import type { UnitTranslation } from '../translate/unit-translation.ts';
import type { Family } from './families.ts';
import type { KeySpec } from './key-spec.ts';

/**
 * Turns one propagated command into ops and asks. Returns false, having added nothing, when its arguments do not tell the
 * effect: the keys are read instead (see `translate-command.ts`).
 */
export type Translate = (command: Command, unit: UnitTranslation) => boolean;

/** What the table knows of a command. */
export interface CommandRow {
  /** Names the rule by which concurrent writes are settled. */
  readonly family: Family;
  /** The keys it writes to. Keys that it only reads are not among them. */
  readonly keys: readonly KeySpec[];
  /** It is not read with fewer arguments than this, its name included. */
  readonly least: number;
  readonly translate: Translate;
  /** What servers propagate in its place. A row that has this guards against a server which does not. */
  readonly arrives?: string;
  /** What a user has to know of this command beyond its family's rule: sentences. */
  readonly note?: string;
}

/** Rows by upper-case command name; a subcommand stands behind a bar, as in `FUNCTION|LOAD`. */
export type CommandRows = Readonly<Record<string, CommandRow>>;

/** The translation of what no arguments tell: what the keys hold is read. */
export const unread: Translate = () => false;

/** Nothing of it leaves the site. */
export const nothing: Translate = () => true;
