/** Commands that take an element from one list and put it into another, or into the same. */
import type { Call, ModelCommand } from '../call.ts';
import type { ModelReply } from '../reply.ts';
import { checkTimeout } from './counts.ts';
import { parseSide, type Side, sideOf } from './list-sides.ts';
import { openList } from './open-values.ts';

export const listMoveCommands: readonly ModelCommand[] = [
  {
    name: 'LMOVE',
    arity: 5,
    write: true,
    run: (call, [source, target, from, to]) => move(call, source!, target!, parseSide(from!), parseSide(to!)),
  },
  {
    name: 'RPOPLPUSH',
    arity: 3,
    write: true,
    run: (call, [source, target]) => move(call, source!, target!, 'RIGHT', 'LEFT'),
  },
  {
    name: 'BLMOVE',
    arity: 6,
    write: true,
    run: (call, [source, target, from, to, timeout]) => {
      const [takenFrom, putTo] = [parseSide(from!), parseSide(to!)];
      checkTimeout(timeout!);
      return move(call, source!, target!, takenFrom, putTo, ['LMOVE', source!, target!, from!, to!]);
    },
  },
  {
    name: 'BRPOPLPUSH',
    arity: 4,
    write: true,
    run: (call, [source, target, timeout]) => {
      checkTimeout(timeout!);
      return move(call, source!, target!, 'RIGHT', 'LEFT', ['RPOPLPUSH', source!, target!]);
    },
  },
];

/** @param told - what is propagated, where it is not the command as it was given */
function move(call: Call, source: string, target: string, from: Side, to: Side, told?: readonly string[]): ModelReply {
  const list = call.read(source, 'list');
  if (list === undefined) return null;
  const other = openList(call, target);
  const item = sideOf[from].take(list.items);
  sideOf[to].put(other.items, item);
  call.tidy(source);
  if (told === undefined) call.changed();
  else call.propagate(told);
  return item;
}
