/** Commands on lists: adding, reading, and changing in place. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, noSuchKey, ok, Refusal } from '../reply.ts';
import type { ListValue } from '../values.ts';
import { parseCount } from './counts.ts';
import { listMoveCommands } from './list-moves.ts';
import { listPopCommands } from './list-pops.ts';
import { listSearchCommands } from './list-search.ts';
import { type Side, sideOf } from './list-sides.ts';
import { openList } from './open-values.ts';

export const listCommands: readonly ModelCommand[] = [
  ...listPopCommands,
  ...listMoveCommands,
  ...listSearchCommands,
  { name: 'LPUSH', arity: -3, write: true, run: (call, args) => push(call, args, 'LEFT') },
  { name: 'RPUSH', arity: -3, write: true, run: (call, args) => push(call, args, 'RIGHT') },
  { name: 'LPUSHX', arity: -3, write: true, run: (call, args) => pushToExisting(call, args, 'LEFT') },
  { name: 'RPUSHX', arity: -3, write: true, run: (call, args) => pushToExisting(call, args, 'RIGHT') },
  {
    name: 'LLEN',
    arity: 2,
    write: false,
    run: (call, [key]) => call.read(key!, 'list')?.items.length ?? 0,
  },
  {
    name: 'LINDEX',
    arity: 3,
    write: false,
    run: (call, [key, index]) => {
      const list = call.read(key!, 'list');
      return list?.items.at(parseCount(index!)) ?? null;
    },
  },
  {
    name: 'LRANGE',
    arity: 4,
    write: false,
    run: (call, [key, start, stop]) => {
      const [first, last] = [parseCount(start!), parseCount(stop!)];
      const list = call.read(key!, 'list');
      return list === undefined ? [] : list.items.slice(...bounds(list, first, last));
    },
  },
  { name: 'LSET', arity: 4, write: true, run: set },
  { name: 'LTRIM', arity: 4, write: true, run: trim },
];

function push(call: Call, [key, ...items]: readonly string[], side: Side): ModelReply {
  const list = openList(call, key!);
  return add(call, list, items, side);
}

function pushToExisting(call: Call, [key, ...items]: readonly string[], side: Side): ModelReply {
  const list = call.read(key!, 'list');
  return list === undefined ? 0 : add(call, list, items, side);
}

/** One after the other, so that the last stands at the end. */
function add(call: Call, list: ListValue, items: readonly string[], side: Side): ModelReply {
  const { put } = sideOf[side];
  for (const item of items) put(list.items, item);
  call.changed();
  return list.items.length;
}

function set(call: Call, [key, index, item]: readonly string[]): ModelReply {
  const list = call.read(key!, 'list');
  if (list === undefined) throw new Refusal(noSuchKey);
  const at = parseCount(index!);
  const place = at < 0 ? at + list.items.length : at;
  if (place < 0 || place >= list.items.length) throw new Refusal('ERR index out of range');
  list.items[place] = item!;
  call.changed();
  return ok;
}

function trim(call: Call, [key, start, stop]: readonly string[]): ModelReply {
  const [first, last] = [parseCount(start!), parseCount(stop!)];
  const list = call.read(key!, 'list');
  if (list === undefined) return ok;
  const kept = list.items.slice(...bounds(list, first, last));
  call.touched();
  if (kept.length === list.items.length) return ok;
  list.items = kept;
  call.tidy(key!);
  call.changed();
  return ok;
}

/** What a range is to `slice`. Places below zero count from the end. */
function bounds({ items }: ListValue, first: number, last: number): [start: number, end: number] {
  const fromStart = (place: number): number => Math.max(0, place < 0 ? place + items.length : place);
  return [fromStart(first), last < -items.length ? 0 : fromStart(last) + 1];
}
