/** SORT: the elements of a list, a set or a sorted set, by themselves or by what other keys hold, shown or stored. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError, wrongType } from '../reply.ts';
import type { ModelValue } from '../values.ts';
import { parseCount } from './counts.ts';
import { isLarge, orderOf } from './sorted-set-order.ts';
import { parseScore } from './sorted-set-scores.ts';

const leastNormal = 2 ** -1022;
const notADouble = "ERR One or more scores can't be converted into double";

interface Wishes {
  isDescending: boolean;
  isAlpha: boolean;
  start: number;
  count: number;
  by?: string;
  readonly shown: string[];
  destination?: string;
}

/** An element, and what it is sorted by; by nothing when that is missing. What is not stored is compared up to a NUL only. */
interface Weighed {
  readonly element: string;
  readonly weight: string | undefined;
  readonly score: number;
}

export const sortCommands: readonly ModelCommand[] = [
  { name: 'SORT', arity: -2, write: true, run: (call, args) => sort(call, args, true) },
  { name: 'SORT_RO', arity: -2, write: false, run: (call, args) => sort(call, args, false) },
];

function sort(call: Call, [key, ...options]: readonly string[], mayStore: boolean): ModelReply {
  const wishes = wishesOf(options, mayStore);
  const value = call.find(key!)?.value;
  const elements = inOrder(call, value === undefined ? [] : elementsOf(value), value, wishes);
  const start = Math.max(0, wishes.start);
  const chosen = elements.slice(start, wishes.count < 0 ? undefined : start + wishes.count);
  const { shown, destination } = wishes;
  const found =
    shown.length === 0 ? chosen : chosen.flatMap((element) => shown.map((pattern) => lookUp(call, pattern, element)));
  return destination === undefined ? found : store(call, destination, found);
}

function store(call: Call, key: string, found: readonly (string | null)[]): ModelReply {
  if (found.length > 0) {
    call.find(key);
    call.put(key, { type: 'list', items: found.map((item) => item ?? '') }, -1);
    call.changed();
  } else if (call.drop(key)) call.changed();
  return found.length;
}

/** @throws Refusal */
function wishesOf(options: readonly string[], mayStore: boolean): Wishes {
  const wishes: Wishes = { isDescending: false, isAlpha: false, start: 0, count: -1, shown: [] };
  for (let at = 0; at < options.length; at++) {
    const option = options[at]!.toUpperCase();
    const left = options.length - at - 1;
    if (option === 'ASC' || option === 'DESC') wishes.isDescending = option === 'DESC';
    else if (option === 'ALPHA') wishes.isAlpha = true;
    else if (option === 'LIMIT' && left >= 2) {
      wishes.start = parseCount(options[++at]!);
      wishes.count = parseCount(options[++at]!);
    } else if (option === 'STORE' && left >= 1 && mayStore) wishes.destination = options[++at]!;
    else if (option === 'BY' && left >= 1) wishes.by = options[++at]!;
    else if (option === 'GET' && left >= 1) wishes.shown.push(options[++at]!);
    else throw new Refusal(syntaxError);
  }
  return wishes;
}

/** @throws Refusal */
function elementsOf(value: ModelValue): readonly string[] {
  switch (value.type) {
    case 'list':
      return value.items;
    case 'set':
      return [...value.members];
    case 'zset':
      isLarge(value);
      // Redis unpacks a sorted set for good to sort it.
      value.isLarge = true;
      return orderOf(value);
    default:
      throw new Refusal(wrongType);
  }
}

/** A pattern without a star sorts nothing, but a set that is stored is always sorted. */
function inOrder(
  call: Call,
  elements: readonly string[],
  value: ModelValue | undefined,
  wishes: Wishes,
): readonly string[] {
  const { by, isDescending, destination } = wishes;
  if (by === undefined || by.includes('*')) return sorted(call, elements, by, wishes);
  if (value?.type !== 'set') return isDescending ? elements.toReversed() : elements;
  return destination === undefined ? elements : sorted(call, elements, undefined, { ...wishes, isAlpha: true });
}

/** @throws Refusal when something is to be a number and is none */
function sorted(
  call: Call,
  elements: readonly string[],
  by: string | undefined,
  { isAlpha, isDescending, destination }: Wishes,
): string[] {
  const weighed = elements.map((element): Weighed => {
    const weight = by === undefined ? element : (lookUp(call, by, element) ?? undefined);
    if (isAlpha) return { element, weight: destination === undefined ? weight && beforeNul(weight) : weight, score: 0 };
    return { element, weight, score: weight === undefined ? 0 : scoreOf(weight) };
  });
  if (weighed.some(({ score }) => Number.isNaN(score))) throw new Refusal(notADouble);
  const compare = isAlpha ? byWeight : byScore;
  weighed.sort(isDescending ? (a, b) => compare(b, a) : compare);
  return weighed.map(({ element }) => element);
}

function byScore(a: Weighed, b: Weighed): number {
  if (a.score !== b.score) return a.score < b.score ? -1 : 1;
  return byBytes(a.element, b.element);
}

/** What is missing comes first. */
function byWeight({ weight: a }: Weighed, { weight: b }: Weighed): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return byBytes(a, b);
}

function byBytes(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The number that a text begins with up to a NUL, as C reads it; NaN when it is none or too small for all its digits. */
function scoreOf(text: string): number {
  const shown = beforeNul(text);
  if (shown === '') return 0;
  try {
    const score = parseScore(shown.replace(/^[ \t-\r]+/, ''));
    return score !== 0 && Math.abs(score) < leastNormal ? Number.NaN : score;
  } catch {
    return Number.NaN;
  }
}

function beforeNul(text: string): string {
  return text.split('\0', 1)[0]!;
}

/** What a pattern names for an element: the element itself, a string, or the field of a hash behind an arrow. */
function lookUp(call: Call, pattern: string, element: string): string | null {
  if (pattern === '#') return element;
  const star = pattern.indexOf('*');
  if (star < 0) return null;
  const arrow = pattern.indexOf('->', star + 1);
  const hasField = arrow >= 0 && arrow + 2 < pattern.length;
  const key = pattern.slice(0, star) + element + pattern.slice(star + 1, hasField ? arrow : undefined);
  const value = call.find(key)?.value;
  if (hasField) return value?.type === 'hash' ? (value.fields.get(pattern.slice(arrow + 2)) ?? null) : null;
  return value?.type === 'string' ? value.text : null;
}
