/**
 * Strings and integers. Conditions (NX, XX, IFEQ …) were decided before a command was propagated, so they are passed
 * over. Increments are counted, not overwritten; increments by floats arrive as SET KEEPTTL.
 */
import type { Expiry } from '../entry/entry.ts';
import { argument, argumentCount, argumentText, type Command } from '../resp/command.ts';
import { integerArgument, timeArgument } from './arguments.ts';
import type { CommandRow, CommandRows } from './command-row.ts';

const setOne: CommandRow = (command, unit) => {
  unit.assign(argumentText(command, 1), argument(command, 2), null);
  return true;
};

const setMany: CommandRow = (command, unit) => {
  const count = argumentCount(command);
  for (let i = 1; i + 1 < count; i += 2) unit.assign(argumentText(command, i), argument(command, i + 1), null);
  return true;
};

/** The expiry a SET leaves; undefined when it is relative to a time nobody told. */
function setExpiry(command: Command): Expiry | 'keep' | undefined {
  let expiry: Expiry | 'keep' = null;
  for (let i = 3; i < argumentCount(command); i++) {
    const option = argumentText(command, i).toUpperCase();
    if (option === 'KEEPTTL') expiry = 'keep';
    else if (option === 'PXAT' || option === 'EXAT') {
      const at = timeArgument(command, ++i, option === 'PXAT' ? 1 : 1000);
      if (at === undefined) return undefined;
      expiry = at;
    } else if (option === 'EX' || option === 'PX') return undefined;
  }
  return expiry;
}

const count =
  (sign: bigint, explicit: boolean): CommandRow =>
  (command, unit) => {
    const by = explicit ? integerArgument(command, 2) : 1n;
    if (by === undefined) return false;
    unit.count('string', argumentText(command, 1), '', sign * by);
    return true;
  };

export const stringRows: CommandRows = {
  SET: (command, unit) => {
    if (command.spans.length === 6) return setOne(command, unit);
    const expiry = setExpiry(command);
    if (expiry === undefined) return false;
    unit.assign(argumentText(command, 1), argument(command, 2), expiry);
    return true;
  },
  SETNX: setOne,
  GETSET: setOne,
  MSET: setMany,
  MSETNX: setMany,
  INCR: count(1n, false),
  DECR: count(-1n, false),
  INCRBY: count(1n, true),
  DECRBY: count(-1n, true),
};
