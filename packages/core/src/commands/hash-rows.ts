/** Hashes: a register a field. Increments are counted; increments by floats arrive as HSET. */
import { argument, argumentCount, argumentText } from '../resp/command.ts';
import { integerArgument } from './arguments.ts';
import type { CommandRow, CommandRows } from './command-row.ts';

const setFields: CommandRow = (command, unit) => {
  const key = argumentText(command, 1);
  const count = argumentCount(command);
  for (let i = 2; i + 1 < count; i += 2) unit.field(key, argumentText(command, i), argument(command, i + 1));
  return true;
};

export const hashRows: CommandRows = {
  HSET: setFields,
  HMSET: setFields,
  HSETNX: setFields,
  HDEL: (command, unit) => {
    const key = argumentText(command, 1);
    for (let i = 2; i < argumentCount(command); i++) unit.field(key, argumentText(command, i), null);
    return true;
  },
  HINCRBY: (command, unit) => {
    const by = integerArgument(command, 3);
    if (by === undefined) return false;
    unit.count('hash', argumentText(command, 1), argumentText(command, 2), by);
    return true;
  },
};
