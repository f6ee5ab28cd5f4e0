/** Commands on whole databases. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, notAnInteger, ok, Refusal, syntaxError } from '../reply.ts';
import { parseInteger } from './numbers.ts';

const noSuchDatabase = 'ERR DB index is out of range';
const [least, most] = [-(2n ** 31n), 2n ** 31n - 1n];

export const databaseCommands: readonly ModelCommand[] = [
  {
    name: 'DBSIZE',
    arity: 1,
    write: false,
    run: (call) => call.keyspace.db(call.db).size,
  },
  { name: 'FLUSHDB', arity: -1, write: true, run: (call, args) => flush(call, args, [call.db]) },
  {
    name: 'FLUSHALL',
    arity: -1,
    write: true,
    run: (call, args) => flush(call, args, Array.from({ length: call.keyspace.size }).keys()),
  },
  {
    name: 'SWAPDB',
    arity: 3,
    write: true,
    run: (call, [one, other]) => {
      const first = parseInt32(one!, 'ERR invalid first DB index', 'ERR invalid first DB index');
      const second = parseInt32(other!, 'ERR invalid second DB index', 'ERR invalid second DB index');
      call.keyspace.swap(existing(call, first), existing(call, second));
      call.changed();
      return ok;
    },
  },
];

/** The number of a database that there is. @throws Refusal */
export function parseDatabase(call: Call, text: string): number {
  return existing(
    call,
    parseInt32(text, notAnInteger, `ERR value is out of range, value must between ${least} and ${most}`),
  );
}

function existing(call: Call, index: number): number {
  if (index < 0 || index >= call.keyspace.size) throw new Refusal(noSuchDatabase);
  return index;
}

function parseInt32(text: string, noInteger: string, tooGreat: string): number {
  const value = parseInteger(text, noInteger);
  if (value < least || value > most) throw new Refusal(tooGreat);
  return Number(value);
}

/** Propagated even when there was nothing to remove. */
function flush(call: Call, options: readonly string[], databases: Iterable<number>): ModelReply {
  if (!isFlushOption(options)) throw new Refusal(syntaxError);
  for (const db of databases) call.keyspace.db(db).clear();
  call.changed();
  return ok;
}

function isFlushOption(options: readonly string[]): boolean {
  const option = options[0]?.toUpperCase();
  return option === undefined || (options.length === 1 && (option === 'SYNC' || option === 'ASYNC'));
}
