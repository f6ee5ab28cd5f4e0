/**
 * Translating: a unit of local commands into idempotent ops.
 *
 * Commands arrive as the server propagates them: already executed, with effect. A command whose effect neither its
 * arguments nor its keys tell is reported by name; the rest of its unit is translated all the same.
 */
import type { CommandRow } from '../commands/command-row.ts';
import { findRow } from '../commands/command-table.ts';
import { translateCommand } from '../commands/translate-command.ts';
import { singleDelete } from '../deletion/single-delete.ts';
import type { Op } from '../entry/entry.ts';
import type { Stamp } from '../merge/merge-op.ts';
import type { Model } from '../merge/model.ts';
import type { Command } from '../resp/command.ts';
import type { UnitCommand } from '../stream/unit.ts';
import type { Ask } from './ask.ts';
import { RuledTranslation } from './ruled-translation.ts';
import { type Deletion, type SeenOf, type UnitContext, UnitTranslation } from './unit-translation.ts';

/** What a unit became. */
export interface Translated {
  readonly ops: readonly Op[];
  /** What has to be read behind a fence before all of the effect is known. */
  readonly asks: readonly Ask[];
  /** Names of commands whose effect is not known, one for each occurrence. */
  readonly untranslated: readonly string[];
}

const nothing: readonly string[] = [];
const noDeletions: readonly Deletion[] = [];
const seenNothing: SeenOf = () => [];

/** Finds the row of a command that the table does not have; see `unknownCommand`. */
export type CommandLookup = (command: Command) => CommandRow | undefined;

/**
 * Translates a unit and merges its ops into the model as the local unit that began last.
 * @param seen - what this site has seen of its peers' writes on a key.
 * @param deletions - what each DEL or UNLINK of one key is, in order; without, all are a client's.
 * @param context - what else it takes from around it.
 */
export function translateUnit(
  commands: readonly UnitCommand[],
  model: Model,
  stamp: Stamp,
  lookup?: CommandLookup,
  seen: SeenOf = seenNothing,
  deletions: readonly Deletion[] = noDeletions,
  context: UnitContext = {},
): Translated {
  const { rules } = context;
  const ruled = rules && new RuledTranslation(rules, model, stamp, seen, context);
  const translation = ruled ?? new UnitTranslation(model, stamp, seen, context);
  let untranslated: string[] | undefined;
  let deleted = 0;
  for (const { command, db } of commands) {
    translation.db = db;
    ruled?.next(command);
    if (deletions.length > 0 && singleDelete(command) !== undefined) {
      translation.deletion = deletions[deleted++] ?? 'root';
    } else translation.deletion = 'root';
    const row = findRow(command) ?? lookup?.(command);
    if (row === undefined || !translateCommand(row, command, translation)) {
      untranslated ??= [];
      untranslated.push(command.name);
    }
  }
  return { ops: translation.ops, asks: translation.asks, untranslated: untranslated ?? nothing };
}
