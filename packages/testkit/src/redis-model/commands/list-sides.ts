/** The two ends of a list. */
import { Refusal, syntaxError } from '../reply.ts';

export type Side = 'LEFT' | 'RIGHT';

interface End {
  /** The name of the command that takes from this end. */
  readonly pop: string;
  put(items: string[], item: string): void;
  /** From a list that holds something. */
  take(items: string[]): string;
  /** Removes up to so many; in the order in which they stood there, seen from this end. */
  takeMany(items: string[], count: number): string[];
}

export const sideOf: Readonly<Record<Side, End>> = {
  LEFT: {
    pop: 'LPOP',
    put: (items, item) => items.unshift(item),
    take: (items) => items.shift()!,
    takeMany: (items, count) => items.splice(0, count),
  },
  RIGHT: {
    pop: 'RPOP',
    put: (items, item) => items.push(item),
    take: (items) => items.pop()!,
    takeMany: (items, count) => items.splice(Math.max(0, items.length - count)).reverse(),
  },
};

/** The side that a word names. @throws Refusal */
export function parseSide(word: string): Side {
  const side = word.toUpperCase();
  if (side !== 'LEFT' && side !== 'RIGHT') throw new Refusal(syntaxError);
  return side;
}
