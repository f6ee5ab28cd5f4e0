/** Unions, intersections and differences of sorted sets, and of sets, whose members count as having the score 1. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError, wrongType } from '../reply.ts';
import { parseAtLeast, parseCount } from './counts.ts';
import { orderOf, storeZset, zsetOf } from './sorted-set-order.ts';
import { parseScore, showScore } from './sorted-set-scores.ts';

type Operation = 'union' | 'inter' | 'diff';
type Scores = ReadonlyMap<string, number>;

export const sortedSetUnionCommands: readonly ModelCommand[] = [
  ...(['union', 'inter', 'diff'] as const).flatMap((operation): ModelCommand[] => {
    const name = `Z${operation.toUpperCase()}`;
    return [
      { name, arity: -3, write: false, run: (call, args) => show(call, args, operation) },
      { name: `${name}STORE`, arity: -4, write: true, run: (call, args) => store(call, args, operation) },
    ];
  }),
  {
    name: 'ZINTERCARD',
    arity: -3,
    write: false,
    run: (call, args) => {
      const { sources, limit } = parse(call, args, { command: 'zintercard', options: ['LIMIT'] });
      const { size } = combined(sources, 'inter', 'SUM');
      return limit > 0 ? Math.min(limit, size) : size;
    },
  },
];

function show(call: Call, args: readonly string[], operation: Operation): ModelReply {
  const options = operation === 'diff' ? ['WITHSCORES'] : ['WEIGHTS', 'AGGREGATE', 'WITHSCORES'];
  const { sources, aggregate, withScores } = parse(call, args, { command: `z${operation}`, options });
  const zset = { type: 'zset' as const, scores: combined(sources, operation, aggregate) };
  const members = orderOf(zset);
  return withScores ? members.flatMap((member) => [member, showScore(zset.scores.get(member)!)]) : members;
}

function store(call: Call, [target, ...args]: readonly string[], operation: Operation): ModelReply {
  const options = operation === 'diff' ? [] : ['WEIGHTS', 'AGGREGATE'];
  const { sources, aggregate } = parse(call, args, { command: `z${operation}store`, options });
  return storeZset(call, target!, zsetOf(combined(sources, operation, aggregate)));
}

interface Source {
  readonly scores: Scores;
  weight: number;
}

/** What becomes of two scores of one member. */
const aggregates = {
  SUM: (held: number, other: number): number => numberOf(held + other),
  MIN: (held: number, other: number): number => pickOne(held, other, other < held),
  MAX: (held: number, other: number): number => pickOne(held, other, other > held),
} as const;

/** Of equal ones, as zeros of either sign are, the one that was held; so too where the other one is no number. */
function pickOne(held: number, other: number, isOther: boolean): number {
  return isOther ? other : held;
}

type Aggregate = keyof typeof aggregates;

function isAggregate(text: string): text is Aggregate {
  return text in aggregates;
}

interface Asked {
  readonly sources: readonly Source[];
  readonly aggregate: Aggregate;
  readonly withScores: boolean;
  /** 0 when there is none. */
  readonly limit: number;
}

interface Allowed {
  /** Lower case. */
  readonly command: string;
  readonly options: readonly string[];
}

/** @param args - the number of keys, the keys, the options */
function parse(call: Call, args: readonly string[], { command, options: allowed }: Allowed): Asked {
  const size = parseCount(args[0]!);
  if (size < 1) throw new Refusal(`ERR at least 1 input key is needed for '${command}' command`);
  if (size > args.length - 1) throw new Refusal(syntaxError);
  const sources = args.slice(1, size + 1).map((key): Source => ({ scores: scoresOf(call, key), weight: 1 }));
  let aggregate: Aggregate = 'SUM';
  let withScores = false;
  let limit = 0;
  for (let at = size + 1; at < args.length; ) {
    const option = args[at++]!.toUpperCase();
    const left = args.length - at;
    if (!allowed.includes(option)) throw new Refusal(syntaxError);
    if (option === 'WITHSCORES') withScores = true;
    else if (option === 'WEIGHTS' && left >= size) {
      for (const source of sources) source.weight = parseScore(args[at++]!, 'ERR weight value is not a float');
    } else if (option === 'AGGREGATE' && left >= 1) {
      const name = args[at++]!.toUpperCase();
      if (!isAggregate(name)) throw new Refusal(syntaxError);
      aggregate = name;
    } else if (option === 'LIMIT' && left >= 1) limit = parseAtLeast(0, args[at++]!, "ERR LIMIT can't be negative");
    else throw new Refusal(syntaxError);
  }
  return { sources, aggregate, withScores, limit };
}

function scoresOf(call: Call, key: string): Scores {
  const value = call.find(key)?.value;
  if (value === undefined) return new Map();
  if (value.type === 'zset') return value.scores;
  if (value.type === 'set') return new Map([...value.members].map((member) => [member, 1]));
  throw new Refusal(wrongType);
}

/** The smaller sources come first: the order matters to sums. */
function combined(sources: readonly Source[], operation: Operation, aggregate: Aggregate): Map<string, number> {
  if (operation === 'diff') return difference(sources.map(({ scores }) => scores));
  const ordered = sources.toSorted((a, b) => a.scores.size - b.scores.size);
  return operation === 'union' ? union(ordered, aggregate) : intersection(ordered, aggregate);
}

function difference([first, ...others]: readonly Scores[]): Map<string, number> {
  const left = new Map<string, number>();
  for (const [member, score] of first!) if (!others.some((other) => other.has(member))) left.set(member, score);
  return left;
}

function union(sources: readonly Source[], aggregate: Aggregate): Map<string, number> {
  const merged = new Map<string, number>();
  for (const { scores, weight } of sources) {
    for (const [member, score] of scores) {
      const weighed = numberOf(score * weight);
      const held = merged.get(member);
      merged.set(member, held === undefined ? weighed : aggregates[aggregate](held, weighed));
    }
  }
  return merged;
}

function intersection([first, ...others]: readonly Source[], aggregate: Aggregate): Map<string, number> {
  const merged = new Map<string, number>();
  for (const [member, score] of first!.scores) {
    if (!others.every(({ scores }) => scores.has(member))) continue;
    const sum = others.reduce(
      (held, { scores, weight }) => aggregates[aggregate](held, scores.get(member)! * weight),
      numberOf(score * first!.weight),
    );
    merged.set(member, sum);
  }
  return merged;
}

/** Zero times an infinity counts as zero, and so do infinities that cancel each other out. */
function numberOf(result: number): number {
  return Number.isNaN(result) ? 0 : result;
}
