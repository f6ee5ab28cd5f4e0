/**
 * Translating: a unit of local commands into idempotent ops.
 *
 * Commands arrive as the server propagates them: already executed, with effect. A command without a row, or with arguments
 * its row can't tell the effect of, is reported by name and yields no op; the rest of its unit is translated all the same.
 */
import { commandTable } from '../commands/command-table.ts';
import type { Op } from '../entry/entry.ts';
import type { Stamp } from '../merge/merge-op.ts';
import type { Model } from '../merge/model.ts';
import type { UnitCommand } from '../stream/unit.ts';
import { UnitTranslation } from './unit-translation.ts';

/** What a unit became. */
export interface Translated {
  readonly ops: readonly Op[];
  /** Names of commands whose effect is not known, one for each occurrence. */
  readonly untranslated: readonly string[];
}

const nothing: readonly string[] = [];

/** Translates a unit and merges its ops into the model as the local unit that began last. */
export function translateUnit(commands: readonly UnitCommand[], model: Model, stamp: Stamp): Translated {
  const translation = new UnitTranslation(model, stamp);
  let untranslated: string[] | undefined;
  for (const { command, db } of commands) {
    translation.db = db;
    const row = commandTable.get(command.name);
    if (row?.(command, translation) !== true) {
      untranslated ??= [];
      untranslated.push(command.name);
    }
  }
  return { ops: translation.ops, untranslated: untranslated ?? nothing };
}
