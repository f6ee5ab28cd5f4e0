/** Commands that look for an element of a list. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import { parseAtLeast, parseCount } from './counts.ts';

export const listSearchCommands: readonly ModelCommand[] = [
  { name: 'LINSERT', arity: 5, write: true, run: insert },
  { name: 'LREM', arity: 4, write: true, run: remove },
  { name: 'LPOS', arity: -3, write: false, run: positions },
];

function insert(call: Call, [key, where, pivot, item]: readonly string[]): ModelReply {
  const side = where!.toUpperCase();
  if (side !== 'BEFORE' && side !== 'AFTER') throw new Refusal(syntaxError);
  const list = call.read(key!, 'list');
  if (list === undefined) return 0;
  const at = list.items.indexOf(pivot!);
  if (at < 0) return -1;
  list.items.splice(side === 'BEFORE' ? at : at + 1, 0, item!);
  call.changed();
  return list.items.length;
}

/** Below zero, the count is taken from the end; zero takes all. */
function remove(call: Call, [key, countText, item]: readonly string[]): ModelReply {
  const count = parseCount(countText!);
  const list = call.read(key!, 'list');
  if (list === undefined || !list.items.includes(item!)) return 0;
  let left = count === 0 ? Number.POSITIVE_INFINITY : Math.abs(count);
  const isKept = (held: string): boolean => held !== item || left-- <= 0;
  const before = list.items.length;
  list.items = count < 0 ? list.items.toReversed().filter(isKept).reverse() : list.items.filter(isKept);
  call.tidy(key!);
  call.changed();
  return before - list.items.length;
}

interface Search {
  /** Which of the matches comes first; below zero, counted from the end. */
  rank: number;
  /** How many matches are told, 0 being all; undefined where only one is, and not in an array. */
  count: number | undefined;
  /** How many elements are looked at; 0 being all. */
  most: number;
}

function positions(call: Call, [key, item, ...options]: readonly string[]): ModelReply {
  const { rank, count, most } = parseSearch(options);
  const list = call.read(key!, 'list');
  if (list === undefined) return count === undefined ? null : [];
  const { items } = list;
  const [start, step] = rank < 0 ? [items.length - 1, -1] : [0, 1];
  const wanted = count === 0 ? Number.POSITIVE_INFINITY : (count ?? 1);
  const looked = most === 0 ? items.length : Math.min(most, items.length);
  const found: number[] = [];
  let skip = Math.abs(rank) - 1;
  for (let at = start, left = looked; left > 0 && found.length < wanted; at += step, left--)
    if (items[at] === item && skip-- <= 0) found.push(at);
  return count === undefined ? (found[0] ?? null) : found;
}

function parseSearch(options: readonly string[]): Search {
  const search: Search = { rank: 1, count: undefined, most: 0 };
  for (let at = 0; at < options.length; at += 2) {
    const value = options[at + 1];
    const option = options[at]!.toUpperCase();
    if (value === undefined) throw new Refusal(syntaxError);
    if (option === 'RANK') search.rank = parseRank(value);
    else if (option === 'COUNT') search.count = parseAtLeast(0, value, "ERR COUNT can't be negative");
    else if (option === 'MAXLEN') search.most = parseAtLeast(0, value, "ERR MAXLEN can't be negative");
    else throw new Refusal(syntaxError);
  }
  return search;
}

function parseRank(text: string): number {
  const rank = parseCount(text);
  if (rank !== 0) return rank;
  throw new Refusal(
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
  );
}
