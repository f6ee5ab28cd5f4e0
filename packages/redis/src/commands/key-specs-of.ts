/**
 * Key specifications from what COMMAND answers in RESP2, where maps are lists of names and values.
 *
 * Rules: a name is in upper case, a subcommand's behind a bar, as in the command table. Servers before 7.0 tell first, last
 * and step. Nothing throws on what a server of another kind might answer: it tells nothing.
 */
import type { BeginSearch, FindKeys, KeySpec } from '@entwine/core';

type Fields = Readonly<Record<string, unknown>>;

/** Places in an entry. */
const [nameAt, flagsAt, firstAt, lastAt, stepAt, specsAt, subcommandsAt] = [0, 2, 3, 4, 5, 8, 9];

/** The specifications of all commands in a reply of COMMAND or COMMAND INFO, by name. */
export function commandSpecs(reply: unknown, into: Map<string, readonly KeySpec[]> = new Map()): typeof into {
  for (const entry of listOf(reply)) {
    if (!Array.isArray(entry) || typeof entry[nameAt] !== 'string') continue;
    into.set(entry[nameAt].toUpperCase(), specsOfEntry(entry));
    commandSpecs(entry[subcommandsAt], into);
  }
  return into;
}

/** The specifications in one entry. */
export function specsOfEntry(entry: readonly unknown[]): readonly KeySpec[] {
  if (Array.isArray(entry[specsAt])) return keySpecsOf(entry[specsAt]);
  const first = Number(entry[firstAt]);
  const incomplete = listOf(entry[flagsAt]).includes('movablekeys');
  if (!(first > 0)) return incomplete ? [{ begin: null, find: null, incomplete }] : [];
  const last = Number(entry[lastAt]);
  const find: FindKeys = { type: 'range', last: last < 0 ? last : last - first, step: Number(entry[stepAt]), limit: 0 };
  return [{ begin: { type: 'index', at: first }, find, incomplete }];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldsOf(list: unknown): Fields {
  const items = listOf(list);
  return Object.fromEntries(
    Array.from({ length: items.length / 2 }, (_, i) => [String(items[2 * i]), items[2 * i + 1]]),
  );
}

/** @param specs - the ninth element of the entry. */
export function keySpecsOf(specs: readonly unknown[]): KeySpec[] {
  return specs.flatMap((one) => {
    const { flags, begin_search, find_keys } = fieldsOf(one);
    const has = (flag: string): boolean => listOf(flags).includes(flag);
    if (has('not_key')) return [];
    return {
      begin: beginOf(begin_search),
      find: findOf(find_keys),
      readOnly: has('RO'),
      incomplete: has('incomplete'),
    };
  });
}

function beginOf(search: unknown): BeginSearch | null {
  const { type, spec } = fieldsOf(search);
  const { index, keyword, startfrom } = fieldsOf(spec);
  if (type === 'index') return { type, at: Number(index) };
  return type === 'keyword' ? { type, word: String(keyword), from: Number(startfrom) } : null;
}

function findOf(find: unknown): FindKeys | null {
  const { type, spec } = fieldsOf(find);
  const { lastkey, keystep, limit, keynumidx, firstkey } = fieldsOf(spec);
  const step = Number(keystep);
  if (type === 'range') return { type, last: Number(lastkey), step, limit: Number(limit) };
  return type === 'keynum' ? { type: 'count', at: Number(keynumidx), first: Number(firstkey), step } : null;
}
