/** Commands on entries that are delivered and not acknowledged yet: XACK and XPENDING. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import type { StreamId } from '../values.ts';
import { parseCount } from './counts.ts';
import { byName, groupAt, pendingCounts, pendingPlace, removePending } from './stream-groups.ts';
import { parseId, parseRangeEnd, parseRangeStart, showId } from './stream-ids.ts';

export const streamPendingCommands: readonly ModelCommand[] = [
  {
    name: 'XACK',
    arity: -4,
    write: true,
    run: (call, [key, name, ...words]) => {
      const group = call.read(key!, 'stream')?.groups.get(name!);
      if (group === undefined) return 0;
      const removed = words.map((word) => parseId(word)).filter((id) => removePending(group, id));
      if (removed.length > 0) call.changed();
      return removed.length;
    },
  },
  {
    name: 'XPENDING',
    arity: -3,
    write: false,
    run: (call, [key, name, ...words]) =>
      words.length === 0 ? summary(call, key!, name!) : list(call, key!, name!, parseQuery(words)),
  },
];

function summary(call: Call, key: string, name: string): ModelReply {
  const { group } = groupAt(call, key, name);
  const { pending } = group;
  if (pending.length === 0) return [0, null, null, null];
  const counts = byName(pendingCounts(group)).map(([consumer, count]) => [consumer, String(count)]);
  return [pending.length, showId(pending[0]!.id), showId(pending.at(-1)!.id), counts];
}

interface Query {
  readonly leastIdle: number;
  readonly from: StreamId;
  readonly to: StreamId;
  readonly count: number;
  /** Of any consumer when undefined. */
  readonly consumer: string | undefined;
}

function parseQuery(words: readonly string[]): Query {
  if (words.length < 3 || words.length > 6) throw new Refusal(syntaxError);
  const hasIdle = words[0]!.toUpperCase() === 'IDLE';
  const leastIdle = hasIdle ? parseCount(words[1]!) : 0;
  if (hasIdle && words.length < 5) throw new Refusal(syntaxError);
  const [from, to, countText, consumer] = hasIdle ? words.slice(2) : words;
  const count = Math.max(0, parseCount(countText!));
  return { leastIdle, from: parseRangeStart(from!), to: parseRangeEnd(to!), count, consumer };
}

function list(call: Call, key: string, name: string, query: Query): ModelReply {
  const { leastIdle, from, to, count } = query;
  const { pending, consumers } = groupAt(call, key, name).group;
  const shown: ModelReply[] = [];
  if (query.consumer !== undefined && !consumers.has(query.consumer)) return shown;
  for (let at = pendingPlace(pending, from); at < pending.length && shown.length < count; at++) {
    const entry = pending[at]!;
    if (entry.id > to) break;
    const idle = call.now - entry.time;
    if (query.consumer !== undefined && entry.consumer !== query.consumer) continue;
    if (leastIdle !== 0 && idle < leastIdle) continue;
    shown.push([showId(entry.id), entry.consumer, Math.max(0, idle), entry.count]);
  }
  return shown;
}
