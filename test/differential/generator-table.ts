/**
 * The generator of every write command: the one table. A test holds it to the live server's list of write commands.
 *
 * A few commands that write have no generator, each for a reason that is told here.
 */
import type { Group, Row, Rows } from './row.ts';
import { expiringFieldRows } from './rows/expiring-fields.ts';
import { hashRows, setRows } from './rows/hashes-and-sets.ts';
import { listRows } from './rows/lists.ts';
import { newerStreamRows } from './rows/newer-streams.ts';
import { newerBitRows, newerStringRows } from './rows/newer-strings.ts';
import { functionRows, scriptRows } from './rows/scripts.ts';
import { geoRows, sortedSetRows } from './rows/sorted-sets.ts';
import { streamRows } from './rows/streams.ts';
import { bitRows, hllRows, stringRows } from './rows/strings.ts';
import { expiryRows, flushRows, keyRows } from './rows/whole-keys.ts';

export interface Generator extends Row {
  /** As COMMAND names it: lower case, a bar before a subcommand. */
  readonly name: string;
  /** What it is called by. */
  readonly words: readonly string[];
  readonly group: Group;
}

const rowsOf: Readonly<Record<Group, Rows>> = {
  strings: { ...stringRows, ...newerStringRows },
  hashes: { ...hashRows, ...expiringFieldRows },
  sets: setRows,
  zsets: sortedSetRows,
  lists: listRows,
  streams: { ...streamRows, ...newerStreamRows },
  bits: { ...bitRows, ...newerBitRows },
  hll: hllRows,
  geo: geoRows,
  keys: keyRows,
  expiry: expiryRows,
  flush: flushRows,
  scripts: scriptRows,
  functions: functionRows,
};

/** By name. */
export const generators: ReadonlyMap<string, Generator> = new Map(
  Object.entries(rowsOf).flatMap(([group, rows]) =>
    Object.entries(rows).map(([name, row]) => [
      name,
      { ...row, name, words: row.words ?? name.toUpperCase().split('|'), group: group as Group },
    ]),
  ),
);

/** Write commands without a generator, and why. */
export const excluded: Readonly<Record<string, string>> = {
  migrate: 'needs a second server and moves keys out of the data set; its effects at both are DEL and RESTORE',
  'restore-asking': 'sent by servers to servers while slots move in a cluster, never by applications',
  pfdebug: 'a debugging aid that changes encodings',
  pfselftest: 'a debugging aid that writes nothing of the data set',
  debug: 'a debugging aid',
  spublish: 'a message, not data',
  publish: 'a message, not data',
  trimslots: 'sent by servers to servers while slots move in a cluster, never by applications',
  'cluster|flushslot': 'part of moving slots in a cluster; refused outside of one',
  xcfgset: 'configures at its own server how long it remembers the ids of producers; replicates nothing of the data',
  xidmprecord: 'written by the server into its own append-only file, never by applications',
  vadd: 'builds a graph by chance: servers that hold the same vectors dump them differently',
  vrem: 'see vadd',
  vsetattr: 'see vadd',
};
