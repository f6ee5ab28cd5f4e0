/**
 * Hashes: a register a field. Increments are counted; increments by floats arrive as HSET (before Redis 8).
 *
 * Fields with an expiry of their own (Redis 7.4, Valkey 9): a write of the field clears it, as HSET does; what sets, clears
 * or keeps one is read back whole.
 */
import { argument, argumentCount, argumentText, type Command } from '../resp/command.ts';
import { integerArgument, naturalArgument } from './arguments.ts';
import { type CommandRow, type CommandRows, type Translate, unread } from './command-row.ts';
import { firstKey } from './key-spec.ts';

const setFields: Translate = (command, unit) => {
  const key = argumentText(command, 1);
  const count = argumentCount(command);
  if (count % 2 !== 0) return false;
  for (let i = 2; i < count; i += 2) unit.field(key, argumentText(command, i), argument(command, i + 1));
  return true;
};

const removeFields: Translate = (command, unit) => {
  const key = argumentText(command, 1);
  for (let i = 2; i < argumentCount(command); i++) unit.field(key, argumentText(command, i), null);
  return true;
};

const countField: Translate = (command, unit) => {
  const by = integerArgument(command, 3);
  if (by === undefined) return false;
  unit.count('hash', argumentText(command, 1), argumentText(command, 2), by);
  return true;
};

/** Where the fields begin behind `FIELDS n`, when there are n of `size` arguments each and nothing else follows. */
function fieldsAt(command: Command, i: number, size: number): number | undefined {
  const count = argumentCount(command);
  if (i + 2 >= count || argumentText(command, i).toUpperCase() !== 'FIELDS') return undefined;
  const fields = naturalArgument(command, i + 1, count);
  return fields !== undefined && i + 2 + fields * size === count ? i + 2 : undefined;
}

/**
 * HSETEX key [FNX | FXX] [an expiry | KEEPTTL] FIELDS n field value …: without the second it is an HSET, its condition was
 * decided. KEEPTTL is not, since HSET clears what it keeps.
 */
const setExpiringFields: Translate = (command, unit) => {
  const condition = argumentText(command, 2).toUpperCase();
  const at = fieldsAt(command, condition === 'FNX' || condition === 'FXX' ? 3 : 2, 2);
  if (at === undefined) return false;
  const key = argumentText(command, 1);
  for (let i = at; i < argumentCount(command); i += 2)
    unit.field(key, argumentText(command, i), argument(command, i + 1));
  return true;
};

/** HGETDEL key FIELDS n field …: Valkey 9.1 propagates it as it is, Redis 8 makes an HDEL of it. */
const takeFields: Translate = (command, unit) => {
  const at = fieldsAt(command, 2, 1);
  if (at === undefined) return false;
  const key = argumentText(command, 1);
  for (let i = at; i < argumentCount(command); i++) unit.field(key, argumentText(command, i), null);
  return true;
};

const fields: CommandRow = { family: 'field', keys: firstKey, least: 4, translate: setFields };
const expiry: CommandRow = { family: 'fieldExpiry', keys: firstKey, least: 5, translate: unread };
const relative: CommandRow = { ...expiry, arrives: '`HPEXPIREAT`, or `HDEL` when the time is past' };

export const hashRows: CommandRows = {
  HSET: fields,
  HMSET: fields,
  HSETNX: fields,
  HDEL: { family: 'field', keys: firstKey, least: 3, translate: removeFields },
  HINCRBY: { family: 'counter', keys: firstKey, least: 4, translate: countField },
  HINCRBYFLOAT: {
    ...{ family: 'field', keys: firstKey, least: 4, translate: unread, arrives: '`HSET`; on Redis 8 `HSETEX KEEPTTL`' },
    note: 'Of concurrent increments by floats the newest result wins: they do not add up. On Redis 8 the hash is read back whole.',
  },
  HSETEX: {
    ...{ ...expiry, least: 6, translate: setExpiringFields },
    note: 'With neither an expiry nor KEEPTTL it is an `HSET`.',
  },
  HPEXPIREAT: expiry,
  HPERSIST: expiry,
  HEXPIRE: relative,
  HPEXPIRE: relative,
  HEXPIREAT: relative,
  HGETEX: { ...expiry, arrives: '`HPEXPIREAT`, `HPERSIST` or `HDEL`' },
  HGETDEL: { family: 'field', keys: firstKey, least: 5, translate: takeFields },
};
