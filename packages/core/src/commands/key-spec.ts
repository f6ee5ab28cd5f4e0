/**
 * Key specs: where in a command's arguments its keys stand, in the terms of COMMAND's key specifications (Redis 7.0).
 *
 * A spec begins at an argument, or after a keyword, and goes on over a range, or over as many as an argument says. Servers
 * before 7.0 tell first, last and step: a range. `keysOf` never throws; a spec that does not fit yields nothing.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { argumentCount, argumentText, type Command } from '../resp/command.ts';
import { integerArgument } from './arguments.ts';

/** Where the keys begin. `from` as in COMMAND: from there forwards, or, negative, from so far before the end backwards. */
export type BeginSearch =
  | { readonly type: 'index'; readonly at: number }
  | { readonly type: 'keyword'; readonly word: string; readonly from: number };

/**
 * Which arguments from there on are keys.
 *
 * `range`: up to `last` after the first, or, negative, so far before the end (`limit` n > 1: of the first nth of them).
 * `count`: as many as the argument `at` says, the first of them at `first`; both counted from the beginning.
 */
export type FindKeys =
  | { readonly type: 'range'; readonly last: number; readonly step: number; readonly limit: number }
  | { readonly type: 'count'; readonly at: number; readonly first: number; readonly step: number };

/** One key specification. Those with the flag `not_key` (channels) are left out by whoever reads them. */
export interface KeySpec {
  /** `null`: the server calls it unknown, as that of SORT's destination. */
  readonly begin: BeginSearch | null;
  readonly find: FindKeys | null;
  /** Whether these keys are only read (RO). @defaultValue false */
  readonly readOnly?: boolean;
  /** Whether the command has keys that no spec tells. @defaultValue false */
  readonly incomplete?: boolean;
}

const at = (index: number, last = 0, step = 1): KeySpec => ({
  begin: { type: 'index', at: index },
  find: { type: 'range', last, step, limit: 0 },
});

/** Shapes of commands. */
export const noKeys: readonly KeySpec[] = [];
export const firstKey: readonly KeySpec[] = [at(1)];
export const secondKey: readonly KeySpec[] = [at(2)];
export const firstTwoKeys: readonly KeySpec[] = [at(1, 1)];
export const everyArgument: readonly KeySpec[] = [at(1, -1)];
export const everyOtherArgument: readonly KeySpec[] = [at(1, -1, 2)];
export const everyThirdArgument: readonly KeySpec[] = [at(1, -1, 3)];
/** All but the last argument, which is a timeout. */
export const untilTimeout: readonly KeySpec[] = [at(1, -2)];
/** MIGRATE's. */
export const migratedKeys: readonly KeySpec[] = [at(3), ...afterWord('KEYS', -2, -1)];

/** As many keys as argument `index` says, behind it. */
export function countedAt(index: number, step = 1): readonly KeySpec[] {
  return [{ begin: { type: 'index', at: index }, find: { type: 'count', at: 0, first: 1, step } }];
}

/** The key behind a word. */
export function afterWord(word: string, from: number, last = 0): readonly KeySpec[] {
  return [{ begin: { type: 'keyword', word, from }, find: { type: 'range', last, step: 1, limit: 0 } }];
}

/** Whether there are no keys, written to, that the spec does not tell. */
export function isComplete(spec: KeySpec): boolean {
  if (spec.incomplete === true) return false;
  return spec.readOnly === true || (spec.begin !== null && spec.find !== null);
}

/** The keys that the specs find and the command may have written to, in their order. */
export function keysOf(command: Command, specs: readonly KeySpec[]): ByteString[] {
  return specs.flatMap((spec) => (spec.readOnly === true ? [] : keysOfSpec(command, spec)));
}

function keysOfSpec(command: Command, { begin, find }: KeySpec): ByteString[] {
  const first = begin === null ? undefined : beginning(command, begin);
  if (first === undefined || find === null) return [];
  const span = find.type === 'range' ? ranged(command, find, first) : counted(command, find, first);
  if (span === undefined || find.step < 1) return [];
  const [from, to] = span;
  if (from < 1 || to >= argumentCount(command)) return [];
  const keys: ByteString[] = [];
  for (let i = from; i <= to; i += find.step) keys.push(argumentText(command, i));
  return keys;
}

function beginning(command: Command, begin: BeginSearch): number | undefined {
  if (begin.type === 'index') return begin.at;
  const count = argumentCount(command);
  const forwards = begin.from > 0;
  const word = begin.word.toUpperCase();
  for (let i = forwards ? begin.from : count + begin.from; i > 0 && i < count; i += forwards ? 1 : -1) {
    if (argumentText(command, i).toUpperCase() === word) return i + 1;
  }
  return undefined;
}

type Span = readonly [from: number, to: number];

function ranged(command: Command, find: Extract<FindKeys, { type: 'range' }>, first: number): Span {
  const count = argumentCount(command);
  if (find.last >= 0) return [first, first + find.last];
  if (find.limit < 2) return [first, count + find.last];
  return [first, first + Math.floor((count - first) / find.limit) + find.last];
}

function counted(command: Command, find: Extract<FindKeys, { type: 'count' }>, first: number): Span | undefined {
  const place = first + find.at;
  if (place < 1 || place >= argumentCount(command)) return undefined;
  const keys = integerArgument(command, place);
  if (keys === undefined || keys < 1n || keys > BigInt(argumentCount(command))) return undefined;
  const from = first + find.first;
  return [from, from + (Number(keys) - 1) * find.step];
}
