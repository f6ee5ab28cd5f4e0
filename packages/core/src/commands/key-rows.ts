/**
 * Keys of any kind: deletion, expiry, and those that give a key the content of another.
 *
 * Expiries arrive absolute (PEXPIREAT); their NX, XX, GT and LT were decided before. What RENAME, COPY and MOVE bring along
 * no argument tells, so the destination is read back.
 */
import { argumentCount, argumentText } from '../resp/command.ts';
import { databaseArgument, timeArgument } from './arguments.ts';
import { type CommandRow, type CommandRows, type Translate, unread } from './command-row.ts';
import { everyArgument, firstKey, firstTwoKeys, migratedKeys, secondKey } from './key-spec.ts';

const deleteKeys: Translate = (command, unit) => {
  for (let i = 1; i < argumentCount(command); i++) unit.delete(argumentText(command, i));
  return true;
};

/** Of conditional deletes: the condition held. */
const deleteKey: Translate = (command, unit) => {
  unit.delete(argumentText(command, 1));
  return true;
};

const expireAt =
  (unitMs: number): Translate =>
  (command, unit) => {
    const at = timeArgument(command, 2, unitMs);
    if (at === undefined) return false;
    unit.expire(argumentText(command, 1), at);
    return true;
  };

const persist: Translate = (command, unit) => {
  unit.expire(argumentText(command, 1), null);
  return true;
};

const rename: Translate = (command, unit) => {
  const [source, destination] = [argumentText(command, 1), argumentText(command, 2)];
  if (source === destination) return true;
  unit.delete(source);
  unit.state(destination, true);
  return true;
};

/** COPY source destination [DB number] [REPLACE] */
const copy: Translate = (command, unit) => {
  let { db } = unit;
  const count = argumentCount(command);
  for (let i = 3; i < count; i++) {
    const option = argumentText(command, i).toUpperCase();
    if (option === 'REPLACE') continue;
    const named = option === 'DB' && ++i < count ? databaseArgument(command, i) : undefined;
    if (named === undefined) return false;
    db = named;
  }
  unit.state(argumentText(command, 2), true, db);
  return true;
};

const move: Translate = (command, unit) => {
  const db = databaseArgument(command, 2);
  if (db === undefined) return false;
  const key = argumentText(command, 1);
  if (db !== unit.db) unit.delete(key);
  unit.state(key, true, db);
  return true;
};

const restore: Translate = (command, unit) => {
  unit.state(argumentText(command, 1), true);
  return true;
};

const deletes: CommandRow = { family: 'delete', keys: everyArgument, least: 2, translate: deleteKeys };
const deletesOne: CommandRow = { family: 'delete', keys: firstKey, least: 2, translate: deleteKey, arrives: '`DEL`' };
const expires: CommandRow = { family: 'expiry', keys: firstKey, least: 3, translate: expireAt(1) };
const expiresLater: CommandRow = {
  ...expires,
  translate: unread,
  arrives: '`PEXPIREAT`, or `DEL` when the time is past',
};
const renames: CommandRow = {
  ...{ family: 'state', keys: firstTwoKeys, least: 3, translate: rename },
  note: 'The old name is deleted.',
};
const restores: CommandRow = { family: 'state', keys: firstKey, least: 4, translate: restore };

export const keyRows: CommandRows = {
  DEL: deletes,
  UNLINK: deletes,
  GETDEL: deletesOne,
  DELEX: deletesOne,
  DELIFEQ: deletesOne,
  PEXPIREAT: expires,
  EXPIREAT: { ...expires, translate: expireAt(1000), arrives: '`PEXPIREAT`, or `DEL` when the time is past' },
  EXPIRE: expiresLater,
  PEXPIRE: expiresLater,
  GETEX: { ...expiresLater, least: 2, arrives: '`PEXPIREAT`, `PERSIST`, or `DEL` when the time is past' },
  PERSIST: { family: 'expiry', keys: firstKey, least: 2, translate: persist },
  RENAME: renames,
  RENAMENX: renames,
  COPY: { family: 'state', keys: secondKey, least: 3, translate: copy },
  MOVE: {
    ...{ family: 'state', keys: firstKey, least: 3, translate: move },
    note: 'The key is deleted in its old database.',
  },
  RESTORE: restores,
  'RESTORE-ASKING': restores,
  MIGRATE: { family: 'delete', keys: migratedKeys, least: 6, translate: unread, arrives: '`DEL`' },
};
