/** The apply script's operations on streams, by their letters. The script itself tells what they mean. */
import type { ApplyOperation, ApplyRun } from './apply-run.ts';
import { type LateEntry, rebuildTail } from './apply-stream-tail.ts';
import { luaSort } from './lua-sort.ts';
import { luaOperand, unpacked } from './lua-values.ts';
import { isFailure, type ModelReply } from './reply.ts';
import { beStream, isIdBefore, mostFields, removeEntries, type StreamEntry, streamInfo } from './stream-steps.ts';

export const applyStreamOperations: ReadonlyMap<string, ApplyOperation> = new Map<string, ApplyOperation>([
  ['xM', addEntries],
  ['xm', trying(2, ([key, id]) => ['XDEL', key!, id!])],
  ['xu', trim],
  ['xo', makeStream],
  ['xl', raiseLastId],
  ['xG', setGroup],
  ['xV', moveGroup],
  ['xg', trying(2, ([key, group]) => ['XGROUP', 'DESTROY', key!, group!])],
  ['xc', trying(3, (words) => ['XGROUP', 'CREATECONSUMER', ...words])],
  ['xk', trying(3, (words) => ['XGROUP', 'DELCONSUMER', ...words])],
  ['xd', deliver],
  ['xp', trying(3, (words) => ['XACK', ...words])],
]);

/** A command made of so many arguments, which leaves another type, or a group that is missing, alone. */
function trying(size: number, command: (words: readonly string[]) => readonly string[]): ApplyOperation {
  return (run, at) => {
    const end = at + 1 + size;
    run.argument(end - 1);
    run.try(...command(run.args.slice(at + 1, end)));
    return end;
  };
}

/** Late entries that stand together in the call are put in at once. */
function addEntries(run: ApplyRun, at: number): number {
  const { args } = run;
  const key = run.argument(at + 1);
  const late: LateEntry[] = [];
  let next = at;
  while (args[next] === 'xM' && args[next + 1] === key) {
    const count = luaOperand(run.argument(next + 3));
    if (count > mostFields) run.refused++;
    else addEntry(run, key, run.argument(next + 2), unpacked(args, next + 4, next + 4 + count), late);
    next += 4 + count;
  }
  if (late.length > 0) {
    luaSort(late, (a, b) => isIdBefore(a.id, b.id));
    rebuildTail(run, key, late);
  }
  return next;
}

function addEntry(run: ApplyRun, key: string, id: string, fields: readonly string[], late: LateEntry[]): void {
  const reply = run.try('XADD', key, id, ...fields);
  if (!isFailure(reply)) return;
  const { error } = reply;
  if (error.includes('WRONGTYPE')) {
    beStream(run, key);
    if (isFailure(run.try('XADD', key, id, ...fields))) run.refused++;
  } else if (error.includes('equal or smaller') || error.includes('exhausted')) late.push({ id, fields });
  else run.refused++;
}

function trim(run: ApplyRun, at: number): number {
  const [key, before, count] = [run.argument(at + 1), run.argument(at + 2), luaOperand(run.argument(at + 3))];
  const end = at + 4 + count;
  if (count === 0) {
    run.try('XTRIM', key, 'MINID', before);
    return end;
  }
  const spared = new Set(run.args.slice(at + 4, end));
  const found = run.try('XRANGE', key, '-', `(${before}`);
  if (!isFailure(found)) {
    const ids = (found as readonly StreamEntry[]).map(([id]) => id).filter((id) => !spared.has(id));
    removeEntries(run, key, ids);
  }
  return end;
}

function makeStream(run: ApplyRun, at: number): number {
  beStream(run, run.argument(at + 1));
  return at + 2;
}

function raiseLastId(run: ApplyRun, at: number): number {
  const [key, id] = [run.argument(at + 1), run.argument(at + 2)];
  beStream(run, key);
  if (isIdBefore(streamInfo(run, key).last, id)) run.call('XSETID', key, id);
  return at + 3;
}

function setGroup(run: ApplyRun, at: number): number {
  const [key, group] = [run.argument(at + 1), run.argument(at + 2)];
  const [id, read] = [run.argument(at + 3), run.argument(at + 4)];
  beStream(run, key);
  const count = read === '-1' ? [] : ['ENTRIESREAD', read];
  let reply = run.try('XGROUP', 'SETID', key, group, id, ...count);
  if (isFailure(reply)) reply = run.try('XGROUP', 'CREATE', key, group, id, ...count);
  if (isFailure(reply)) run.refused++;
  return at + 5;
}

function moveGroup(run: ApplyRun, at: number): number {
  const [key, group, id] = [run.argument(at + 1), run.argument(at + 2), run.argument(at + 3)];
  beStream(run, key);
  const groups = (run.call('XINFO', 'GROUPS', key) as readonly (readonly ModelReply[])[]).map(fieldsOf);
  const held = groups.find((fields) => fields.get('name') === group)?.get('last-delivered-id');
  if (held === undefined) run.call('XGROUP', 'CREATE', key, group, id);
  else if (isIdBefore(held as string, id)) run.call('XGROUP', 'SETID', key, group, id);
  return at + 4;
}

/** Without the entry, the delivery is taken away; the consumer is made all the same. */
function deliver(run: ApplyRun, at: number): number {
  const [key, group, id] = [run.argument(at + 1), run.argument(at + 2), run.argument(at + 3)];
  const [consumer, time, count] = [run.argument(at + 4), run.argument(at + 5), run.argument(at + 6)];
  const options = ['TIME', time, 'RETRYCOUNT', count, 'FORCE', 'JUSTID'];
  const claimed = run.try('XCLAIM', key, group, consumer, '0', id, ...options);
  if (!isFailure(claimed) && (claimed as readonly ModelReply[]).length === 0)
    run.try('XGROUP', 'CREATECONSUMER', key, group, consumer);
  return at + 7;
}

/** Names and values in turn. */
function fieldsOf(reply: readonly ModelReply[]): Map<ModelReply, ModelReply> {
  const fields = new Map<ModelReply, ModelReply>();
  for (let place = 0; place < reply.length; place += 2) fields.set(reply[place]!, reply[place + 1]!);
  return fields;
}
