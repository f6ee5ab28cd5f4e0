/** The operations of the apply script, by their letters, but for those on streams. The script itself tells what they mean. */
import type { ApplyOperation, ApplyRun, KeptCommand } from './apply-run.ts';
import { holds, isMissing } from './apply-tests.ts';
import { luaOperand, throughLua, unpacked } from './lua-values.ts';
import { isFailure, type ModelReply, Refusal } from './reply.ts';

/** A write of so many arguments, which are the command's: the first one is the key. */
function writing(command: string, size: number): ApplyOperation {
  return (run, at) => {
    const end = at + 1 + size;
    run.write(run.argument(at + 1), command, ...words(run, at + 1, end));
    return end;
  };
}

/** A command of so many arguments that leaves another type alone. */
function trying(command: string, size: number): ApplyOperation {
  return (run, at) => {
    const end = at + 1 + size;
    run.try(command, ...words(run, at + 1, end));
    return end;
  };
}

/** A command of so many arguments that nothing refuses, and words behind them. */
function calling(command: string, size: number, ...more: readonly string[]): ApplyOperation {
  return (run, at) => {
    const end = at + 1 + size;
    run.call(command, ...words(run, at + 1, end), ...more);
    return end;
  };
}

export const applyOperations: ReadonlyMap<string, ApplyOperation> = new Map<string, ApplyOperation>([
  ['S', calling('SET', 2)],
  ['K', calling('SET', 2, 'KEEPTTL')],
  ['P', calling('PERSIST', 1)],
  ['H', writing('HSET', 3)],
  ['A', writing('SADD', 2)],
  ['Z', writing('ZADD', 3)],
  ['Y', writing('ZINCRBY', 3)],
  ['b', writing('SETBIT', 3)],
  ['p', writing('PFADD', 2)],
  ['q', writing('PFADD', 1)],
  ['h', trying('HDEL', 2)],
  ['a', trying('SREM', 2)],
  ['z', trying('ZREM', 2)],
  ['T', setUntil],
  ['E', expireAt],
  ['X', unlink],
  ['C', unlinkOtherType],
  ['I', increment],
  ['J', incrementField],
  ['D', select],
  ['R', correct],
  ['G', general],
  ['r', removeRange],
  ['F', (run, at) => flush(run, 'FLUSHDB', at)],
  ['W', (run, at) => flush(run, 'FLUSHALL', at)],
  ['B', keep],
  ['U', unkeep],
  ['V', read],
  ['Q', skipUnless],
]);

function setUntil(run: ApplyRun, at: number): number {
  const moment = run.future(run.argument(at + 3));
  run.call('SET', run.argument(at + 1), run.argument(at + 2), 'PXAT', moment);
  return at + 4;
}

function expireAt(run: ApplyRun, at: number): number {
  run.call('PEXPIREAT', run.argument(at + 1), run.future(run.argument(at + 2)));
  return at + 3;
}

function unlink(run: ApplyRun, at: number): number {
  run.unlink(run.argument(at + 1));
  return at + 2;
}

function unlinkOtherType(run: ApplyRun, at: number): number {
  const key = run.argument(at + 1);
  const held = run.type(key);
  if (held !== run.argument(at + 2) && held !== 'none') run.unlink(key);
  return at + 3;
}

function increment(run: ApplyRun, at: number): number {
  const [key, by] = [run.argument(at + 1), run.argument(at + 2)];
  run.saturate(run.write(key, 'INCRBY', key, by), by, key);
  return at + 3;
}

function incrementField(run: ApplyRun, at: number): number {
  const [key, field, by] = [run.argument(at + 1), run.argument(at + 2), run.argument(at + 3)];
  run.saturate(run.write(key, 'HINCRBY', key, field, by), by, key, field);
  return at + 4;
}

function select(run: ApplyRun, at: number): number {
  run.db = run.argument(at + 1);
  run.call('SELECT', run.db);
  return at + 2;
}

/** Removes a cell that holds `alone`, leaves a missing one missing, and adds `by` to any other. */
function correct(run: ApplyRun, at: number): number {
  const [test, key, field] = [run.argument(at + 1), run.argument(at + 2), run.argument(at + 3)];
  const [by, alone] = [run.argument(at + 4), run.argument(at + 5)];
  const isAlone = alone !== '' && holds(run, test, key, field, alone);
  if (alone !== '' && isMissing(run, test, key, field)) return at + 6;
  if (isAlone) removeCell(run, test, key, field);
  else {
    const reply = addToCell(run, test, key, field, by);
    if (isFailure(reply)) {
      run.refused++;
      run.saturate(reply.error, by, key, test === 'h' ? field : undefined);
    }
  }
  return at + 6;
}

function removeCell(run: ApplyRun, test: string, key: string, field: string): void {
  if (test === 's') run.unlink(key);
  else run.call(test === 'h' ? 'HDEL' : 'ZREM', key, field);
}

function addToCell(run: ApplyRun, test: string, key: string, field: string, by: string): ModelReply {
  if (test === 's') return run.try('INCRBY', key, by);
  return test === 'h' ? run.try('HINCRBY', key, field, by) : run.try('ZINCRBY', key, by, field);
}

function general(run: ApplyRun, at: number): number {
  const end = at + 2 + luaOperand(run.argument(at + 1));
  run.write(run.argument(at + 3), ...unpacked(run.args, at + 2, end));
  return end;
}

function removeRange(run: ApplyRun, at: number): number {
  const command = run.argument(at + 2) === 'lex' ? 'ZREMRANGEBYLEX' : 'ZREMRANGEBYSCORE';
  run.try(command, run.argument(at + 1), run.argument(at + 3), run.argument(at + 4));
  return at + 5;
}

/** Empties a database or all of them; the marker is written again. */
function flush(run: ApplyRun, command: 'FLUSHDB' | 'FLUSHALL', at: number): number {
  const isElsewhere = run.db !== '0';
  if (isElsewhere) run.call('SELECT', '0');
  const marked = !isElsewhere || command === 'FLUSHALL' ? (run.call('HGETALL', run.marker) as readonly string[]) : [];
  if (isElsewhere && command === 'FLUSHDB') run.call('SELECT', run.db);
  run.call(command);
  for (let place = 0; place < marked.length; place += 2)
    run.call('HSET', run.marker, marked[place]!, marked[place + 1]!);
  if (isElsewhere && command === 'FLUSHALL') run.call('SELECT', run.db);
  return at + 1;
}

function keep(run: ApplyRun, at: number): number {
  const key = run.argument(at + 1);
  const end = at + 3 + luaOperand(run.argument(at + 2));
  const members = unpacked(run.args, at + 3, end);
  const { db } = run;
  if (members.length === 0) {
    const payload = run.call('DUMP', key);
    if (typeof payload === 'string') run.kept.push({ db, words: ['RESTORE', key, '0', payload, 'REPLACE'] });
  } else run.kept.push(...members.flatMap((member) => keptMember(run, key, member)));
  return end;
}

function keptMember(run: ApplyRun, key: string, member: string): KeptCommand[] {
  const score = run.try('ZSCORE', key, member);
  return typeof score === 'string' ? [{ db: run.db, words: ['ZADD', key, score, member] }] : [];
}

function unkeep(run: ApplyRun, at: number): number {
  for (const { db, words } of run.kept) {
    run.call('SELECT', db);
    run.write(words[1]!, ...words);
  }
  run.kept = [];
  run.call('SELECT', run.db);
  return at + 1;
}

function read(run: ApplyRun, at: number): number {
  const end = at + 2 + luaOperand(run.argument(at + 1));
  const reply = run.try(...unpacked(run.args, at + 2, end));
  run.values.push(isFailure(reply) ? null : throughLua(reply));
  return end;
}

function skipUnless(run: ApplyRun, at: number): number {
  const [test, key] = [run.argument(at + 1), run.argument(at + 2)];
  if (holds(run, test, key, run.argument(at + 3), run.argument(at + 4))) return at + 6;
  return at + 6 + luaOperand(run.argument(at + 5));
}

/** The arguments from one place to before another. @throws Refusal when they are fewer */
function words(run: ApplyRun, from: number, to: number): readonly string[] {
  if (to > run.args.length) throw new Refusal('ERR Lua redis lib command arguments must be strings or integers');
  return run.args.slice(from, to);
}
