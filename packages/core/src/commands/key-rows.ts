/**
 * Keys: deletion and expiry. Expiries arrive absolute (PEXPIREAT); their NX, XX, GT and LT were decided before.
 *
 * A server's own deletions of expired keys look like a user's here and are shipped as such.
 */
import { argumentCount, argumentText } from '../resp/command.ts';
import { timeArgument } from './arguments.ts';
import type { CommandRow, CommandRows } from './command-row.ts';

const deleteKeys: CommandRow = (command, unit) => {
  for (let i = 1; i < argumentCount(command); i++) unit.delete(argumentText(command, i));
  return true;
};

const expireAt =
  (unitMs: number): CommandRow =>
  (command, unit) => {
    const at = timeArgument(command, 2, unitMs);
    if (at === undefined) return false;
    unit.expire(argumentText(command, 1), at);
    return true;
  };

/** Commands without data of a key: nothing to translate. */
const nothing: CommandRow = () => true;

export const keyRows: CommandRows = {
  DEL: deleteKeys,
  UNLINK: deleteKeys,
  GETDEL: deleteKeys,
  PEXPIREAT: expireAt(1),
  EXPIREAT: expireAt(1000),
  PERSIST: (command, unit) => {
    unit.expire(argumentText(command, 1), null);
    return true;
  },
  PUBLISH: nothing,
  SPUBLISH: nothing,
};
