/** Trimming streams: the options of XADD and XTRIM, what they remove, and how that is propagated. */
import { Refusal, syntaxError } from '../reply.ts';
import type { StreamId, StreamNode, StreamValue } from '../values.ts';
import { parseCount } from './counts.ts';
import { nodeEntries } from './stream-entries.ts';
import { greatestId, parseId, showId } from './stream-ids.ts';

/** What has to go, and in which manner. */
export interface Trim {
  readonly strategy: 'MAXLEN' | 'MINID';
  readonly maxLength: number;
  readonly minId: StreamId;
  /** Only whole nodes go. */
  readonly isApproximate: boolean;
  /** The place of the threshold among the words. */
  readonly at: number;
  /** How many may go at once; 0 for any number. */
  readonly limit: number;
}

/** Options that may have to be refused yet. */
export interface TrimOptions {
  readonly threshold: Trim | undefined;
  readonly limit: number | undefined;
  /** A stream that is missing is not made. */
  readonly makesNone: boolean;
  /** The place of what follows the options. */
  readonly end: number;
}

const nodesAtOnce = 100;

/** @param words - behind the key. @param isAdd - options of XADD, which an ID follows. @throws Refusal */
export function parseTrimOptions(words: readonly string[], isAdd: boolean): TrimOptions {
  let threshold: Trim | undefined;
  let limit: number | undefined;
  let makesNone = false;
  let at = 0;
  for (; at < words.length; at++) {
    const option = words[at]!.toUpperCase();
    const hasMore = at + 1 < words.length;
    if ((option === 'MAXLEN' || option === 'MINID') && hasMore) {
      if (threshold !== undefined)
        throw new Refusal('ERR syntax error, MAXLEN and MINID options at the same time are not compatible');
      threshold = parseThreshold(words, at, option);
      at = threshold.at;
    } else if (option === 'LIMIT' && hasMore) {
      limit = parseCount(words[++at]!);
      if (limit < 0) throw new Refusal('ERR The LIMIT argument must be >= 0.');
    } else if (isAdd && option === 'NOMKSTREAM') makesNone = true;
    else if (isAdd) break;
    else throw new Refusal(syntaxError);
  }
  return { threshold, limit, makesNone, end: at };
}

/** The trim that the options ask for, if any. What a master has found right goes without a limit. @throws Refusal */
export function trimOf({ threshold, limit }: TrimOptions, isObeyed: boolean): Trim | undefined {
  if (threshold === undefined && limit)
    throw new Refusal('ERR syntax error, LIMIT cannot be used without specifying a trimming strategy');
  if (isObeyed) return threshold;
  if (limit !== undefined && !threshold?.isApproximate)
    throw new Refusal('ERR syntax error, LIMIT cannot be used without the special ~ option');
  return threshold?.isApproximate ? { ...threshold, limit: limit ?? nodesAtOnce * nodeEntries } : threshold;
}

/** Trims; returns how many entries have gone. */
export function trimStream(stream: StreamValue, trim: Trim): number {
  const { nodes } = stream;
  let removed = 0;
  let whole = 0;
  while (whole < nodes.length && isTooMuch(stream, trim)) {
    const node = nodes[whole]!;
    if (trim.limit > 0 && removed + node.live > trim.limit) break;
    if (goesWhole(stream, node, trim)) {
      whole++;
      stream.length -= node.live;
      removed += node.live;
    } else {
      if (!trim.isApproximate) removed += trimNode(stream, node, trim);
      break;
    }
  }
  nodes.splice(0, whole);
  return removed;
}

/** The words with an exact threshold that removes the same entries from a stream that holds the same. */
export function exactly(
  words: readonly string[],
  { strategy, at, isApproximate }: Trim,
  stream: StreamValue,
): string[] {
  const rewritten = [...words];
  if (!isApproximate) return rewritten;
  rewritten[at - 1] = '=';
  rewritten[at] = strategy === 'MAXLEN' ? String(stream.length) : showId(stream.nodes[0]?.entries[0]?.id ?? greatestId);
  return rewritten;
}

function parseThreshold(words: readonly string[], place: number, strategy: Trim['strategy']): Trim {
  const sign = place + 2 < words.length ? words[place + 1] : undefined;
  const at = sign === '~' || sign === '=' ? place + 2 : place + 1;
  const parsed = { strategy, at, isApproximate: sign === '~', limit: 0 };
  if (strategy === 'MINID') return { ...parsed, maxLength: 0, minId: parseId(words[at]!) };
  const maxLength = parseCount(words[at]!);
  if (maxLength < 0) throw new Refusal('ERR The MAXLEN argument must be >= 0.');
  return { ...parsed, maxLength, minId: 0n };
}

function isTooMuch(stream: StreamValue, { strategy, maxLength }: Trim): boolean {
  return strategy === 'MINID' || stream.length > maxLength;
}

function goesWhole(stream: StreamValue, node: StreamNode, { strategy, maxLength, minId }: Trim): boolean {
  return strategy === 'MAXLEN' ? stream.length - node.live >= maxLength : node.entries.at(-1)!.id < minId;
}

/** The node stays even when nothing in it is left. */
function trimNode(stream: StreamValue, node: StreamNode, trim: Trim): number {
  let removed = 0;
  for (const entry of node.entries) {
    if (!isTooMuch(stream, trim) || (trim.strategy === 'MINID' && entry.id >= trim.minId)) break;
    if (entry.isDeleted) continue;
    entry.isDeleted = true;
    node.live--;
    stream.length--;
    removed++;
  }
  return removed;
}
