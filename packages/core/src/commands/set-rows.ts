/** Sets: present or absent a member. SPOP arrives as SREM. */
import { argumentCount, argumentText } from '../resp/command.ts';
import { type CommandRows, type Translate, unread } from './command-row.ts';
import { firstKey, firstTwoKeys } from './key-spec.ts';

const members =
  (present: boolean): Translate =>
  (command, unit) => {
    const key = argumentText(command, 1);
    for (let i = 2; i < argumentCount(command); i++) unit.member(key, argumentText(command, i), present);
    return true;
  };

/** Propagated only when the source held the member. */
const move: Translate = (command, unit) => {
  const member = argumentText(command, 3);
  unit.member(argumentText(command, 1), member, false);
  unit.member(argumentText(command, 2), member, true);
  return true;
};

export const setRows: CommandRows = {
  SADD: { family: 'member', keys: firstKey, least: 3, translate: members(true) },
  SREM: { family: 'member', keys: firstKey, least: 3, translate: members(false) },
  SMOVE: { family: 'member', keys: firstTwoKeys, least: 4, translate: move },
  SPOP: {
    ...{ family: 'member', keys: firstKey, least: 2, translate: unread, arrives: '`SREM`, or `DEL` when it empties' },
    note: 'A member popped at two sites at once is delivered at both.',
  },
};
