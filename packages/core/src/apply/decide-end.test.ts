import { expect, test } from 'vitest';
import { fromByteString } from '../bytes/byte-string.ts';
import { epoch, timeOfUnix } from '../clock/hybrid-clock.ts';
import { consumerCell, positionCell } from '../commands/stream-cells.ts';
import type { Op } from '../entry/entry.ts';
import { Model } from '../merge/model.ts';
import { decideOp } from './decide-op.ts';
import { Effects } from './effects.ts';

const at = { db: 0, index: 0, key: 'k' } as const;
const stamp = (time: number, priority: number) => ({ time, priority, origin: `${priority}/main/1` });
const count = (by: bigint, base: number): Op => ({
  ...{ type: 'count', ...at, cell: 'string', field: '', sum: by, by, previous: 0 },
  base: { exact: { time: base, priority: 1, index: 0 } },
});
const set = (expiry: number | null): Op => ({ type: 'assign', ...at, value: fromByteString('5'), expiry });
const ended = (expires: boolean): Op => ({
  ...{ type: 'end', ...at, expires, at: 500 },
  covers: [
    [2, 10],
    [3, 10],
  ],
});

/** What a site does about an op, after others. */
function decided(before: readonly (readonly [Op, number, number])[], op: Op, time: number, priority: number) {
  const model = new Model();
  for (const [earlier, at, by] of before) model.merge(earlier, stamp(at, by));
  const effects = new Effects();
  decideOp(model, op, stamp(time, priority), effects);
  return effects.args;
}

test('an end that takes one increment away and brings another to life writes what lives', () => {
  const before = [
    [set(null), 1, 1],
    [count(2n, 20), 21, 3],
  ] as const;
  expect(decided(before, ended(false), 20, 1)).toEqual(['X', 'k', 'K', 'k', fromByteString('2')]);
});

test('an end that takes nothing away writes nothing', () => {
  expect(
    decided(
      [
        [set(500), 1, 2],
        [set(900), 30, 3],
      ],
      ended(true),
      20,
      1,
    ),
  ).toEqual([]);
});

test('an answer that the key has expired, void by a renewal not seen there, leaves what is here', () => {
  const added: Op = {
    type: 'count',
    ...at,
    cell: 'string',
    field: '',
    sum: 3n,
    by: 1n,
    previous: 5,
    base: { stable: 0 },
  };
  const before = [
    [added, 30, 3],
    [{ type: 'expire', ...at, index: 1, at: 900 }, 30, 3],
  ] as const;
  const gone = (seen: number): Op => ({ type: 'state', ...at, content: null, expiry: 500, covers: [[3, seen]] });
  expect(decided(before, gone(10), 40, 1)).toEqual([]);
  expect(decided(before, gone(30), 40, 1)).toEqual(['Q', 'x', 'k', '', '900', '2', 'X', 'k']);
});

test('what expired is deleted only while Redis shows that expiry', () => {
  expect(decided([[set(500), 1, 2]], ended(true), 20, 1)).toEqual(['Q', 'x', 'k', '', '500', '2', 'X', 'k']);
  expect(decided([], ended(true), 20, 1)).toEqual(['Q', 'x', 'k', '', '500', '2', 'X', 'k']);
});

test('what a site makes of a key that had expired, and that it has forgotten, has no expiry', () => {
  const expire: Op = { type: 'expire', ...at, at: 500 };
  const expired: Op = { type: 'end', ...at, covers: [[1, 10]], expires: true, at: 500 };
  const add: Op = { type: 'member', ...at, member: 'm', present: true };
  const told = (cut: number) => {
    const model = new Model();
    model.merge(set(null), stamp(1, 1));
    model.merge(expire, stamp(2, 1));
    model.merge(expired, stamp(10, 2));
    const effects = new Effects();
    decideOp(model, add, { ...stamp(20, 1), cut }, effects);
    return effects.args;
  };
  expect(told(10)).toEqual(['A', 'k', 'm']);
  expect(told(9), 'the end was not known there').toEqual(['A', 'k', 'm', 'E', 'k', '500']);
});

test('what it had made of such a key has no expiry after a restart either', () => {
  const add = (member: string): Op => ({ type: 'member', ...at, member, present: true });
  const told = (cut: number) => {
    const model = new Model();
    model.replay(set(null), stamp(1, 1));
    model.replay({ type: 'expire', ...at, at: 500 }, stamp(2, 1));
    model.replay({ type: 'end', ...at, covers: [[1, 10]], expires: true, at: 500 }, stamp(10, 2));
    model.replay(add('m'), { ...stamp(20, 1), cut });
    const effects = new Effects();
    decideOp(model, add('n'), { ...stamp(30, 1), cut: 10 }, effects);
    return effects.args;
  };
  expect(told(10)).toEqual(['A', 'k', 'n']);
  expect(told(9), 'the end was not known there').toEqual(['A', 'k', 'n', 'E', 'k', '500']);
});

test('what a site adds that has not forgotten an expiry has it, where that is forgotten too', () => {
  const ms = (n: number): number => timeOfUnix(epoch + n);
  const add: Op = { type: 'member', ...at, member: 'm', present: true };
  const told = (cut: number, settled = false) => {
    const model = new Model();
    model.merge(set(null), stamp(ms(1), 1));
    model.merge({ type: 'expire', ...at, at: epoch + 1000 }, stamp(ms(2), 1));
    if (settled) model.merge({ type: 'delete', ...at }, stamp(ms(3), 1));
    model.forget(ms(2000));
    const effects = new Effects();
    decideOp(model, add, { ...stamp(ms(2100), 1), cut }, effects);
    return effects.args;
  };
  expect(told(ms(1))).toEqual(['A', 'k', 'm', 'E', 'k', String(epoch + 1000)]);
  expect(told(ms(2)), 'the writer had forgotten it').toEqual(['A', 'k', 'm']);
  expect(told(ms(1), true), 'it was settled since').toEqual(['A', 'k', 'm']);
});

test('an expiry that a renewal has made void takes nothing away', () => {
  const expire: Op = { type: 'expire', ...at, at: 500 };
  expect(decided([[expire, 15, 2]], ended(true), 20, 1)).toEqual([]);
  expect(decided([[expire, 9, 2]], ended(true), 20, 1)).toEqual(['Q', 'x', 'k', '', '500', '2', 'X', 'k']);
});

test('the greatest decrement of what is not known here is added, and nothing is written over it', () => {
  const by = -(2n ** 63n);
  const least: Op = { type: 'count', ...at, cell: 'string', field: '', base: { stable: 0 }, sum: by, by, previous: 0 };
  expect(decided([], least, 5, 3)).toEqual(['I', 'k', String(by)]);
});

test('an end that takes a part of a stream away writes the rest', () => {
  const group = (name: string): Op => ({
    ...{ type: 'stream', ...at, cell: positionCell(name) },
    value: [new Uint8Array(16), fromByteString('-1')],
  });
  // Which of the two came last does not matter, nor whose was the newest.
  for (const [seen, unseen] of [
    [5, 8],
    [8, 5],
  ] as const) {
    const before = [
      [group('seen'), seen, 2],
      [group('unseen'), unseen, 1],
    ] as const;
    const end: Op = {
      ...{ type: 'end', ...at, expires: true, at: 500 },
      covers: [
        [1, 1],
        [2, 9],
      ],
    };
    expect(decided(before, end, 20, 3)).toEqual([
      'X',
      'k',
      'xo',
      'k',
      'xG',
      'k',
      'unseen',
      '0-0',
      '-1',
      'E',
      'k',
      '500',
    ]);
  }
});

test('a consumer of a stream that has been deleted here makes it anew, without the group', () => {
  const consumer: Op = { type: 'stream', ...at, cell: consumerCell('g', 'c'), value: [] };
  const deleted = [{ type: 'delete', ...at }, 4, 3] as const;
  expect(decided([deleted], consumer, 5, 2)).toEqual(['xo', 'k', 'xc', 'k', 'g', 'c']);
  expect(decided([deleted, [consumer, 5, 2]], consumer, 6, 2), 'which is there then').toEqual(['xc', 'k', 'g', 'c']);
});

test('a range that its own site has ended since takes away what the end does not cover', () => {
  const score: Op = { type: 'score', ...at, member: 'm', score: 2.5 };
  const range: Op = { type: 'range', ...at, by: 'lex', min: '-', max: '[m' };
  const end: Op = { type: 'end', ...at, covers: [[3, 10]], expires: false };
  const before = [
    [score, 4, 2],
    [end, 20, 1],
  ] as const;
  expect(decided(before, range, 5, 3)).toEqual(['r', 'k', 'lex', '-', '[m']);
});

test('an expiry that only its writer has forgotten is remembered until its grace is over, however far behind the cut is', () => {
  const ms = (n: number): number => timeOfUnix(epoch + n);
  const model = new Model();
  model.merge(set(epoch + 900_000), stamp(ms(800_000), 1));
  decideOp(model, count(1n, ms(800_000)), { ...stamp(ms(890_000), 2), cut: ms(880_000) }, new Effects());
  expect(model.dueOf(0, 'k', [])).toBe(epoch + 900_000);
});
