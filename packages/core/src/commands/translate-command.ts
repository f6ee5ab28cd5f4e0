/**
 * Translating one command by its row.
 *
 * Where the row cannot tell the effect from the arguments (an option it does not know, a number it cannot read), the
 * command's keys are read instead: slower, never a guess.
 */
import type { Command } from '../resp/command.ts';
import type { UnitTranslation } from '../translate/unit-translation.ts';
import type { CommandRow } from './command-row.ts';
import { isComplete, keysOf } from './key-spec.ts';

/** Adds the command's effect to the unit. @returns false when (all of) it cannot be told. */
export function translateCommand(row: CommandRow, command: Command, unit: UnitTranslation): boolean {
  if (command.spans.length >= 2 * row.least && row.translate(command, unit)) return true;
  const keys = keysOf(command, row.keys);
  for (const key of new Set(keys)) unit.state(key, false);
  return keys.length > 0 && row.keys.every(isComplete);
}
