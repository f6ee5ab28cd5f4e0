/** Every write command that is known, by name. */
import { argumentText, type Command } from '../resp/command.ts';
import type { CommandRow } from './command-row.ts';
import { hashRows } from './hash-rows.ts';
import { keyRows } from './key-rows.ts';
import { listRows } from './list-rows.ts';
import { moduleRows } from './module-rows.ts';
import { serverRows } from './server-rows.ts';
import { setRows } from './set-rows.ts';
import { sortedSetRows } from './sorted-set-rows.ts';
import { storeRows } from './store-rows.ts';
import { streamRows } from './stream-rows.ts';
import { stringRows } from './string-rows.ts';

/** Rows by upper-case command name; a subcommand stands behind a bar, as in `FUNCTION|LOAD`. */
export const commandTable: ReadonlyMap<string, CommandRow> = new Map(
  Object.entries({
    ...{ ...keyRows, ...stringRows, ...hashRows, ...setRows, ...sortedSetRows, ...listRows, ...streamRows },
    ...{ ...storeRows, ...serverRows, ...moduleRows },
  }),
);

/** The row of a command, or of its subcommand. */
export function findRow(command: Command): CommandRow | undefined {
  const row = commandTable.get(command.name);
  if (row !== undefined || command.spans.length < 4) return row;
  return commandTable.get(`${command.name}|${argumentText(command, 1).toUpperCase()}`);
}
