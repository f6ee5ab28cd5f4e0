/** Commands on keys whatever they hold. */
import type { Call, ModelCommand } from '../call.ts';
import { copyValue } from '../copy-value.ts';
import { hasExpired } from '../keyspace.ts';
import { type ModelReply, noSuchKey, ok, Refusal, syntaxError } from '../reply.ts';
import { oneOf } from './chance.ts';
import { parseDatabase } from './databases.ts';
import { glob } from './glob.ts';
import { keyDumpCommands } from './key-dumps.ts';
import { checkCursor, scanOptions } from './scan.ts';
import { sortCommands } from './sort.ts';

const sameKey = 'ERR source and destination objects are the same';

export const keyCommands: readonly ModelCommand[] = [
  ...keyDumpCommands,
  ...sortCommands,
  {
    name: 'TYPE',
    arity: 2,
    write: false,
    run: (call, [key]) => ({ status: call.find(key!)?.value.type ?? 'none' }),
  },
  { name: 'EXISTS', arity: -2, write: false, run: countFound },
  { name: 'TOUCH', arity: -2, write: false, run: countFound },
  { name: 'DEL', arity: -2, write: true, run: removeAll },
  { name: 'UNLINK', arity: -2, write: true, run: removeAll },
  { name: 'RENAME', arity: 3, write: true, run: (call, [from, to]) => rename(call, from!, to!, false) ?? ok },
  { name: 'RENAMENX', arity: 3, write: true, run: (call, [from, to]) => rename(call, from!, to!, true) ?? 1 },
  { name: 'COPY', arity: -3, write: true, run: copy },
  { name: 'MOVE', arity: 3, write: true, run: move },
  {
    name: 'KEYS',
    arity: 2,
    write: false,
    run: (call, [pattern]) => {
      const matches = glob(pattern!);
      const found: string[] = [];
      for (const [key, stored] of call.keyspace.db(call.db))
        if (!hasExpired(stored, call.now) && matches(key)) found.push(key);
      return found;
    },
  },
  { name: 'SCAN', arity: -2, write: false, run: scan },
  {
    name: 'RANDOMKEY',
    arity: 1,
    write: false,
    run: (call) => {
      const db = call.keyspace.db(call.db);
      while (db.size > 0) {
        const key = oneOf(db.keys(), db.size, call.random);
        if (call.find(key) !== undefined) return key;
      }
      return null;
    },
  },
];

function countFound(call: Call, keys: readonly string[]): ModelReply {
  return keys.filter((key) => call.find(key) !== undefined).length;
}

function removeAll(call: Call, keys: readonly string[]): ModelReply {
  const count = keys.filter((key) => call.remove(key)).length;
  if (count > 0) call.changed();
  return count;
}

/** Returns the reply when nothing has to be done. */
function rename(call: Call, from: string, to: string, onlyToNew: boolean): ModelReply | undefined {
  const stored = call.find(from);
  if (stored === undefined) throw new Refusal(noSuchKey);
  if (from === to) return onlyToNew ? 0 : ok;
  if (call.find(to) !== undefined && onlyToNew) return 0;
  const db = call.keyspace.db(call.db);
  db.delete(from);
  db.set(to, stored);
  call.changed();
  return undefined;
}

function copy(call: Call, [from, to, ...options]: readonly string[]): ModelReply {
  let [target, replace] = [call.db, false];
  for (let at = 0; at < options.length; at++) {
    const option = options[at]!.toUpperCase();
    if (option === 'REPLACE') replace = true;
    else if (option === 'DB' && at + 1 < options.length) target = parseDatabase(call, options[++at]!);
    else throw new Refusal(syntaxError);
  }
  if (target === call.db && from === to) throw new Refusal(sameKey);
  const stored = call.find(from!);
  if (stored === undefined || (call.find(to!, target) !== undefined && !replace)) return 0;
  call.keyspace.db(target).set(to!, { value: copyValue(stored.value), expireAt: stored.expireAt });
  call.changed();
  return 1;
}

function move(call: Call, [key, index]: readonly string[]): ModelReply {
  const target = parseDatabase(call, index!);
  if (target === call.db) throw new Refusal(sameKey);
  const stored = call.find(key!);
  if (stored === undefined || call.find(key!, target) !== undefined) return 0;
  call.keyspace.db(call.db).delete(key!);
  call.keyspace.db(target).set(key!, stored);
  call.changed();
  return 1;
}

/** Everything at once. What has expired is nothing any more when a type is asked for, and left out when none is. */
function scan(call: Call, [cursor, ...options]: readonly string[]): ModelReply {
  checkCursor(cursor!);
  const { matches, type } = scanOptions(options, true);
  const found: string[] = [];
  for (const key of call.keyspace.db(call.db).keys()) {
    if (!matches(key)) continue;
    const held = call.find(key)?.value.type;
    if (type === undefined ? held !== undefined : type === (held ?? 'none')) found.push(key);
  }
  return ['0', found];
}
