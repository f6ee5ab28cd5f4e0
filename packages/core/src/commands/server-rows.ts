/** Whole databases, function libraries, messages, and what a cluster does with its slots. */
import { toByteString } from '../bytes/byte-string.ts';
import { everyLibrary } from '../merge/library-registers.ts';
import { argument, argumentCount, argumentText, type Command } from '../resp/command.ts';
import { databaseArgument } from './arguments.ts';
import { type CommandRow, type CommandRows, nothing, type Translate, unread } from './command-row.ts';
import { noKeys } from './key-spec.ts';

const newline = 0x0a;

const flushDatabase: Translate = (_command, unit) => {
  unit.flush(unit.db);
  return true;
};

const flushAll: Translate = (_command, unit) => {
  unit.flushAll();
  return true;
};

const swap: Translate = (command, unit) => {
  const [a, b] = [databaseArgument(command, 1), databaseArgument(command, 2)];
  if (a === undefined || b === undefined) return false;
  if (a === b) return true;
  for (const db of [a, b]) unit.flush(db);
  for (const db of [a, b]) unit.database(db);
  return true;
};

/** FUNCTION LOAD [REPLACE] code */
const load: Translate = (command, unit) => {
  const code = argument(command, argumentCount(command) - 1);
  const name = libraryName(code);
  if (name === undefined) return false;
  if (!unit.isOwnLibrary(name, code)) unit.library(name, code);
  return true;
};

/** The name that a library's first line gives, as in `#!lua name=mine`. Words may stand in quotes. */
function libraryName(code: Uint8Array): string | undefined {
  const end = code.indexOf(newline);
  const line = toByteString(end < 0 ? code : code.subarray(0, end));
  return line.startsWith('#!') ? /\sname=(\w+)(?:\s|$)/i.exec(line.replaceAll(/["']/g, ''))?.[1] : undefined;
}

const unload: Translate = (command, unit) => {
  const name = argumentText(command, 2);
  if (!unit.isOwnLibrary(name, null)) unit.library(name, null);
  return true;
};

const unloadAll: Translate = (_command, unit) => {
  if (!unit.isOwnLibrary(everyLibrary, null)) unit.unloadAll();
  return true;
};

/** FUNCTION RESTORE payload [FLUSH | APPEND | REPLACE]. Without effect it is not propagated: what stood in the way is no more. */
const restore: Translate = (command, unit) => {
  const codes = unit.librariesOf(argument(command, 2));
  const names = codes?.map(libraryName) ?? [undefined];
  if (names.includes(undefined)) return false;
  if (argumentCount(command) > 3 && argumentText(command, 3).toUpperCase() === 'FLUSH') unit.unloadAll();
  for (const [i, code] of codes!.entries()) unit.library(names[i]!, code);
  return true;
};

/** Sentinels greet each other through channels of this name; passed on, they would merge the sites' Sentinels. */
const sentinels = '__sentinel__:';

const publish =
  (sharded: boolean): Translate =>
  (command: Command, unit) => {
    const channel = argumentText(command, 1);
    if (!channel.startsWith(sentinels)) unit.publish(channel, argument(command, 2), sharded);
    return true;
  };

const library: Pick<CommandRow, 'family' | 'keys'> = { family: 'library', keys: noKeys };
const message: Pick<CommandRow, 'family' | 'keys' | 'least'> = { family: 'message', keys: noKeys, least: 3 };

export const serverRows: CommandRows = {
  FLUSHDB: { family: 'flush', keys: noKeys, least: 1, translate: flushDatabase },
  FLUSHALL: { family: 'flush', keys: noKeys, least: 1, translate: flushAll, note: 'All databases are meant.' },
  SWAPDB: {
    ...{ family: 'flush', keys: noKeys, least: 3, translate: swap },
    note: 'Both databases are meant, and all that they then hold is read back, key by key.',
  },
  'FUNCTION|LOAD': { ...library, least: 3, translate: load },
  'FUNCTION|DELETE': { ...library, least: 3, translate: unload },
  'FUNCTION|FLUSH': { ...library, least: 2, translate: unloadAll, note: 'All libraries are deleted.' },
  'FUNCTION|RESTORE': { ...library, least: 3, translate: restore, note: 'Each of the libraries restored.' },
  PUBLISH: {
    ...message,
    translate: publish(false),
    note: 'Channels of Sentinel (`__sentinel__:*`) stay at their site.',
  },
  SPUBLISH: { ...message, translate: publish(true) },
  /** Keys that are no longer here have not been deleted: they were moved to another shard. */
  TRIMSLOTS: {
    family: 'local',
    keys: noKeys,
    least: 1,
    translate: nothing,
    note: 'Slots that moved to another shard.',
  },
  /** Valkey 8 tells its replicas who owns a slot. */
  'CLUSTER|SETSLOT': { family: 'local', keys: noKeys, least: 2, translate: nothing },
  'CLUSTER|SYNCSLOTS': { family: 'local', keys: noKeys, least: 2, translate: nothing },
  'CLUSTER|FLUSHSLOT': { family: 'untold', keys: noKeys, least: 3, translate: unread },
};
