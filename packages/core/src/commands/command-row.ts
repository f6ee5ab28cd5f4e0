/** The form of a row in the command table. */
import type { Command } from '../resp/command.ts';
import type { UnitTranslation } from '../translate/unit-translation.ts';

/**
 * Turns one propagated command into ops. Returns false, having added nothing, when its arguments do not tell the effect.
 */
export type CommandRow = (command: Command, unit: UnitTranslation) => boolean;

/** Rows by upper-case command name. */
export type CommandRows = Readonly<Record<string, CommandRow>>;
