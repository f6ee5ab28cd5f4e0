/**
 * Lists: every command's effect depends on all that the list holds, so it goes with the version it stood on.
 *
 * LPUSHX and RPUSHX are propagated only when there was a list, so they are pushes. A move between two lists is a pop here
 * and a push of the element there, which has to be read: the arguments do not tell it.
 */
import { fromByteString } from '../bytes/byte-string.ts';
import { argument, argumentText } from '../resp/command.ts';
import { allArguments } from './arguments.ts';
import { type CommandRow, type CommandRows, type Translate, unread } from './command-row.ts';
import { countedAt, firstKey, firstTwoKeys, untilTimeout } from './key-spec.ts';

const guarded =
  (adds: boolean): Translate =>
  (command, unit) => {
    unit.guarded('list', argumentText(command, 1), allArguments(command), adds);
    return true;
  };

const pushAs = (name: string): Translate => {
  const replaced = fromByteString(name);
  return (command, unit) => {
    const [, ...rest] = allArguments(command);
    unit.guarded('list', argumentText(command, 1), [replaced, ...rest], true);
    return true;
  };
};

const popLeft = fromByteString('LPOP');
const popRight = fromByteString('RPOP');
const turn = fromByteString('LMOVE');

/** A move from the end of one list that `from` tells to the end of another that `to` tells, `LEFT` or `RIGHT`. */
const move =
  (ends: (words: (i: number) => string) => readonly [from: string, to: string]): Translate =>
  (command, unit) => {
    const [source, destination] = [argumentText(command, 1), argumentText(command, 2)];
    const [from, to] = ends((i) => argumentText(command, i).toUpperCase());
    if (![from, to].every((end) => end === 'LEFT' || end === 'RIGHT')) return false;
    if (source === destination) {
      const words = [source, destination, from, to].map(fromByteString);
      unit.guarded('list', source, [turn, ...words], false);
      return true;
    }
    unit.guarded('list', source, [from === 'LEFT' ? popLeft : popRight, argument(command, 1)], false);
    unit.moved(destination, to === 'LEFT');
    return true;
  };

const moveNamed = move((word) => [word(3), word(4)]);
const moveOver = move(() => ['RIGHT', 'LEFT']);

const takes: CommandRow = { family: 'list', keys: firstKey, least: 2, translate: guarded(false) };
const adds: CommandRow = { family: 'list', keys: firstKey, least: 3, translate: guarded(true) };
const moves: Pick<CommandRow, 'family' | 'keys' | 'note'> = {
  ...{ family: 'list', keys: firstTwoKeys },
  note: 'A pop from the source, and a push of the element that it took.',
};

export const listRows: CommandRows = {
  LPUSH: adds,
  RPUSH: adds,
  LPUSHX: { ...adds, translate: pushAs('LPUSH') },
  RPUSHX: { ...adds, translate: pushAs('RPUSH') },
  LINSERT: { ...adds, least: 5 },
  LSET: { ...adds, least: 4 },
  LPOP: takes,
  RPOP: takes,
  LREM: { ...takes, least: 4 },
  LTRIM: { ...takes, least: 4 },
  LMOVE: { ...moves, least: 5, translate: moveNamed },
  RPOPLPUSH: { ...moves, least: 3, translate: moveOver },
  BLMOVE: { ...moves, least: 6, translate: moveNamed, arrives: '`LMOVE`' },
  BRPOPLPUSH: { ...moves, least: 4, translate: moveOver, arrives: '`RPOPLPUSH`' },
  LMPOP: { family: 'list', keys: countedAt(1), least: 4, translate: unread, arrives: '`LPOP` or `RPOP`' },
  BLMPOP: { family: 'list', keys: countedAt(2), least: 5, translate: unread, arrives: '`LPOP` or `RPOP`' },
  BLPOP: { family: 'list', keys: untilTimeout, least: 3, translate: unread, arrives: '`LPOP`' },
  BRPOP: { family: 'list', keys: untilTimeout, least: 3, translate: unread, arrives: '`RPOP`' },
};
