/** Every write command that is translated, by name. */
import type { CommandRow } from './command-row.ts';
import { hashRows } from './hash-rows.ts';
import { keyRows } from './key-rows.ts';
import { setRows } from './set-rows.ts';
import { sortedSetRows } from './sorted-set-rows.ts';
import { stringRows } from './string-rows.ts';

/** Rows by upper-case command name. */
export const commandTable: ReadonlyMap<string, CommandRow> = new Map(
  Object.entries({ ...keyRows, ...stringRows, ...hashRows, ...setRows, ...sortedSetRows }),
);
