/** Commands on streams: their entries and their counters. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, noSuchKey, ok, Refusal, syntaxError } from '../reply.ts';
import type { StreamId, StreamValue } from '../values.ts';
import { parseCount } from './counts.ts';
import { parseInteger } from './numbers.ts';
import { streamClaimCommands } from './stream-claims.ts';
import {
  append,
  entriesBack,
  entriesBetween,
  lastLiveIdOf,
  openStream,
  removeEntry,
  shownEntry,
} from './stream-entries.ts';
import { streamGroupCommands } from './stream-group-commands.ts';
import {
  greatestId,
  greatestPart,
  idOf,
  msOf,
  parseId,
  parseOpenId,
  parseRangeEnd,
  parseRangeStart,
  seqOf,
  showId,
} from './stream-ids.ts';
import { streamInfoCommands } from './stream-infos.ts';
import { streamPendingCommands } from './stream-pending-commands.ts';
import { streamReadCommands } from './stream-reads.ts';
import { exactly, parseTrimOptions, trimOf, trimStream } from './stream-trims.ts';

export const streamCommands: readonly ModelCommand[] = [
  { name: 'XADD', arity: -5, write: true, run: (call, [key, ...words]) => add(call, key!, words) },
  { name: 'XTRIM', arity: -4, write: true, run: (call, [key, ...words]) => trim(call, key!, words) },
  {
    name: 'XDEL',
    arity: -3,
    write: true,
    run: (call, [key, ...words]) => {
      const stream = call.read(key!, 'stream');
      if (stream === undefined) return 0;
      const removed = words.map((word) => parseId(word)).filter((id) => removeEntry(stream, id));
      for (const id of removed) if (id > stream.maxDeleted) stream.maxDeleted = id;
      if (removed.length > 0) call.changed();
      return removed.length;
    },
  },
  {
    name: 'XLEN',
    arity: 2,
    write: false,
    run: (call, [key]) => call.read(key!, 'stream')?.length ?? 0,
  },
  {
    name: 'XRANGE',
    arity: -4,
    write: false,
    run: (call, [key, from, to, ...options]) =>
      range(call, { key: key!, from: from!, to: to!, options, isReverse: false }),
  },
  {
    name: 'XREVRANGE',
    arity: -4,
    write: false,
    run: (call, [key, to, from, ...options]) =>
      range(call, { key: key!, from: from!, to: to!, options, isReverse: true }),
  },
  { name: 'XSETID', arity: -3, write: true, run: (call, [key, id, ...options]) => setId(call, key!, id!, options) },
  ...[...streamReadCommands, ...streamGroupCommands, ...streamPendingCommands],
  ...[...streamClaimCommands, ...streamInfoCommands],
];

/** The ID that XADD is given: whole, with its milliseconds alone, or none. */
type GivenId = { readonly id: StreamId } | { readonly ms: bigint } | 'none';

/** @param words - the options, the ID, then fields and values in turn */
function add(call: Call, key: string, words: readonly string[]): ModelReply {
  const options = parseTrimOptions(words, true);
  const { end } = options;
  const given = end < words.length ? parseGivenId(words[end]!) : 'none';
  const trim = trimOf(options, call.isObeyed);
  const fields = words.slice(end + 1);
  if (fields.length < 2 || fields.length % 2 !== 0)
    throw new Refusal("ERR wrong number of arguments for 'xadd' command");
  if (given !== 'none' && 'id' in given && given.id === 0n)
    throw new Refusal('ERR The ID specified in XADD must be greater than 0-0');
  const stream = options.makesNone ? call.read(key, 'stream') : openStream(call, key);
  if (stream === undefined) return null;
  const id = nextId(stream, given, call.now);
  append(stream, id, fields);
  call.changed();
  if (trim !== undefined) trimStream(stream, trim);
  const isTold = given !== 'none' && 'id' in given;
  if (!isTold || trim?.isApproximate) {
    const told = trim === undefined ? [...words] : exactly(words, trim, stream);
    if (!isTold) told[end] = showId(id);
    call.propagate([...call.given.slice(0, 2), ...told]);
  }
  return showId(id);
}

function parseGivenId(text: string): GivenId {
  if (text === '*') return 'none';
  const ms = parseOpenId(text);
  return ms === undefined ? { id: parseId(text) } : { ms };
}

/** @throws Refusal where it would not lie behind all others */
function nextId({ last }: StreamValue, given: GivenId, now: number): StreamId {
  if (last === greatestId)
    throw new Refusal('ERR The stream has exhausted the last possible ID, unable to add more items');
  if (given === 'none') return BigInt(now) > msOf(last) ? idOf(BigInt(now), 0n) : last + 1n;
  if ('ms' in given && given.ms === msOf(last)) {
    // The server takes this for another error.
    if (seqOf(last) === greatestPart) throw new Refusal('ERR Elements are too large to be stored');
    return last + 1n;
  }
  const id = 'ms' in given ? idOf(given.ms, 0n) : given.id;
  if (id <= last) throw new Refusal('ERR The ID specified in XADD is equal or smaller than the target stream top item');
  return id;
}

function trim(call: Call, key: string, words: readonly string[]): ModelReply {
  const options = parseTrimOptions(words, false);
  if (options.threshold === undefined && !options.limit)
    throw new Refusal('ERR syntax error, XTRIM must be called with a trimming strategy');
  const trim = trimOf(options, call.isObeyed);
  const stream = call.read(key, 'stream');
  if (stream === undefined || trim === undefined) return 0;
  const removed = trimStream(stream, trim);
  if (removed === 0) return 0;
  call.changed();
  if (trim.isApproximate) call.propagate([...call.given.slice(0, 2), ...exactly(words, trim, stream)]);
  return removed;
}

interface Asked {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly options: readonly string[];
  readonly isReverse: boolean;
}

function range(call: Call, { key, from, to, options, isReverse }: Asked): ModelReply {
  const [first, last] = [parseRangeStart(from), parseRangeEnd(to)];
  let count = Number.POSITIVE_INFINITY;
  for (let at = 0; at < options.length; at += 2) {
    const value = options[at + 1];
    if (options[at]!.toUpperCase() !== 'COUNT' || value === undefined) throw new Refusal(syntaxError);
    count = Math.max(0, parseCount(value));
  }
  const stream = call.read(key, 'stream');
  if (stream === undefined) return [];
  if (count === 0) return null;
  const entries = isReverse ? entriesBack(stream, first, last, count) : entriesBetween(stream, first, last, count);
  return entries.map(shownEntry);
}

function setId(call: Call, key: string, idText: string, options: readonly string[]): ModelReply {
  const id = parseId(idText);
  let added: bigint | undefined;
  let maxDeleted = 0n;
  for (let at = 0; at < options.length; at += 2) {
    const option = options[at]!.toUpperCase();
    const value = options[at + 1];
    if (option === 'ENTRIESADDED' && value !== undefined) {
      added = parseInteger(value);
      if (added < 0n) throw new Refusal('ERR entries_added must be positive');
    } else if (option === 'MAXDELETEDID' && value !== undefined) {
      maxDeleted = parseId(value);
      if (id < maxDeleted)
        throw new Refusal('ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id');
    } else throw new Refusal(syntaxError);
  }
  const stream = call.read(key, 'stream');
  if (stream === undefined) throw new Refusal(noSuchKey);
  if (stream.length > 0 && id < lastLiveIdOf(stream))
    throw new Refusal('ERR The ID specified in XSETID is smaller than the target stream top item');
  if (added !== undefined && stream.length > added)
    throw new Refusal('ERR The entries_added specified in XSETID is smaller than the target stream length');
  stream.last = id;
  stream.added = added ?? stream.added;
  if (maxDeleted > 0n) stream.maxDeleted = maxDeleted;
  call.changed();
  return ok;
}
