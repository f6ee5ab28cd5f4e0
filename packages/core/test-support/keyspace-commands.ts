/**
 * Commands of the keyspace in memory that work on all that a key holds, and those on bits and sketches.
 *
 * A list's cells are its elements by index. A sketch is a string of its elements: what a HyperLogLog would estimate is of
 * no interest here, what was counted is.
 */
import type { Held, HeldKind } from './held.ts';

type Cells = Map<string, Held>;
/** Changes the cells; says whether it had an effect, or that the string is no sketch. */
type Run = (cells: Cells, args: readonly string[]) => boolean | 'type';

const sketchMark = 'HYLL';

/** What each command does, by its name, to a key of its kind; the arguments begin with the key. */
export const wholeCommands: Readonly<Record<string, { readonly kind: HeldKind; readonly run: Run }>> = {
  RPUSH: list((held, [, ...elements]) => [...held, ...elements]),
  LPUSH: list((held, [, ...elements]) => [...elements.toReversed(), ...held]),
  LPOP: list((held, [, count = '1']) => held.slice(Number(count))),
  RPOP: list((held, [, count = '1']) => held.slice(0, Math.max(0, held.length - Number(count)))),
  LREM: list((held, [, , element]) => held.filter((one) => one !== element)),
  LTRIM: list((held, [, from, to]) => slice(held, Number(from), Number(to))),
  LSET: list((held, [, at, element]) => held.map((one, i) => (i === Number(at) ? element! : one))),
  LMOVE: list((held, [, , from]) =>
    from === 'LEFT' ? [...held.slice(1), ...held.slice(0, 1)] : [...held.slice(-1), ...held.slice(0, -1)],
  ),
  APPEND: string((held, [, value]) => held + value),
  SETRANGE: string((held, [, at, value]) => {
    const padded = held.padEnd(Number(at) + value!.length, '\0');
    return padded.slice(0, Number(at)) + value + padded.slice(Number(at) + value!.length);
  }),
  SETBIT: string((held, [, offset, bit]) => withBit(held, Number(offset), bit === '1')),
  PFADD: { kind: 'string', run: countElements },
  ZPOPMIN: { kind: 'zset', run: (cells, [, count = '1']) => removeAll(cells, ranked(cells).slice(0, Number(count))) },
  ZPOPMAX: {
    kind: 'zset',
    run: (cells, [, count = '1']) => removeAll(cells, ranked(cells).toReversed().slice(0, Number(count))),
  },
  ZREMRANGEBYRANK: {
    kind: 'zset',
    run: (cells, [, from, to]) => removeAll(cells, slice(ranked(cells), Number(from), Number(to))),
  },
  ZREMRANGEBYSCORE: {
    kind: 'zset',
    run: (cells, [, min, max]) =>
      removeAll(
        cells,
        [...cells.keys()].filter((member) => inScores(cells.get(member) as number, min!, max!)),
      ),
  },
  ZREMRANGEBYLEX: {
    kind: 'zset',
    run: (cells, [, min, max]) =>
      removeAll(
        cells,
        [...cells.keys()].filter((member) => inLex(member, min!, max!)),
      ),
  },
};

function list(change: (held: readonly string[], args: readonly string[]) => readonly string[]): {
  readonly kind: HeldKind;
  readonly run: Run;
} {
  const run: Run = (cells, args) => {
    const held = [...cells.values()] as string[];
    const next = change(held, args);
    if (next.length === held.length && next.every((element, i) => element === held[i])) return false;
    cells.clear();
    for (const [i, element] of next.entries()) cells.set(String(i), element);
    return true;
  };
  return { kind: 'list', run };
}

function string(change: (held: string, args: readonly string[]) => string): {
  readonly kind: HeldKind;
  readonly run: Run;
} {
  return {
    kind: 'string',
    run: (cells, args) => {
      cells.set('', change((cells.get('') as string | undefined) ?? '', args));
      return true;
    },
  };
}

/** Redis' ranges: both ends belong to it, negative ones count from the end. */
function slice<T>(items: readonly T[], from: number, to: number): readonly T[] {
  const at = (i: number): number => (i < 0 ? items.length + i : i);
  return items.slice(Math.max(0, at(from)), Math.max(0, at(to) + 1));
}

/** One bit of a string, counted from the highest of the first byte. */
export function withBit(held: string, offset: number, on: boolean): string {
  const at = offset >> 3;
  const mask = 0x80 >> (offset & 7);
  const padded = held.padEnd(at + 1, '\0');
  const byte = padded.charCodeAt(at);
  return padded.slice(0, at) + String.fromCharCode(on ? byte | mask : byte & ~mask) + padded.slice(at + 1);
}

/** A sketch of elements. */
export function sketchOf(elements: Iterable<string>): string {
  return [sketchMark, ...[...new Set(elements)].sort()].join('|');
}

/** The elements of a sketch; undefined for another string. */
export function elementsOf(value: string): readonly string[] | undefined {
  const [mark, ...elements] = value.split('|');
  return mark === sketchMark ? elements : undefined;
}

function countElements(cells: Cells, [, ...elements]: readonly string[]): boolean | 'type' {
  const held = cells.get('') as string | undefined;
  const known = held === undefined ? [] : elementsOf(held);
  if (known === undefined) return 'type';
  const next = sketchOf([...known, ...elements]);
  cells.set('', next);
  return next !== held;
}

function removeAll(cells: Cells, members: readonly string[]): boolean {
  for (const member of members) cells.delete(member);
  return members.length > 0;
}

function ranked(cells: Cells): readonly string[] {
  return [...cells.keys()].sort((a, b) => (cells.get(a) as number) - (cells.get(b) as number) || (a < b ? -1 : 1));
}

/** Whether a score lies between two limits as commands write them. */
export function inScores(score: number, min: string, max: string): boolean {
  const at = (limit: string): number => Number(limit.replace('(', '').replace('inf', 'Infinity'));
  return (
    (min.startsWith('(') ? score > at(min) : score >= at(min)) &&
    (max.startsWith('(') ? score < at(max) : score <= at(max))
  );
}

/** Whether a member lies between two limits as commands write them. */
export function inLex(member: string, min: string, max: string): boolean {
  const above = min === '-' || (min[0] === '(' ? member > min.slice(1) : min !== '+' && member >= min.slice(1));
  return above && (max === '+' || (max[0] === '(' ? member < max.slice(1) : max !== '-' && member <= max.slice(1)));
}
