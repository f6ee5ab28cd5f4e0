/** Sets: present or absent a member. SPOP arrives as SREM. */
import { argumentCount, argumentText } from '../resp/command.ts';
import type { CommandRow, CommandRows } from './command-row.ts';

const members =
  (present: boolean): CommandRow =>
  (command, unit) => {
    const key = argumentText(command, 1);
    for (let i = 2; i < argumentCount(command); i++) unit.member(key, argumentText(command, i), present);
    return true;
  };

export const setRows: CommandRows = {
  SADD: members(true),
  SREM: members(false),
  /** Propagated only when the source held the member. */
  SMOVE: (command, unit) => {
    const member = argumentText(command, 3);
    unit.member(argumentText(command, 1), member, false);
    unit.member(argumentText(command, 2), member, true);
    return true;
  },
};
