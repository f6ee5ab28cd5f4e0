import { describe, expect, it } from 'vitest';
import { commandsOf } from '../../test-support/commands.ts';
import { showOp } from '../../test-support/show-op.ts';
import { Model } from '../merge/model.ts';
import { translateUnit } from '../translate/translate-unit.ts';
import { commandTable } from './command-table.ts';

/** The ops that a unit of commands on database 0 becomes; `?NAME` for what is not translated. */
function translate(...lines: readonly string[]): string[] {
  const lists = lines.map((line) => line.split(' ').map((word) => (word === "''" ? '' : word)));
  const commands = commandsOf(...lists).map((command) => ({ command, db: 0 }));
  const { ops, untranslated } = translateUnit(commands, new Model(), { time: 9, priority: 2, origin: 'a/main/1' });
  return [...ops.map(showOp), ...untranslated.map((name) => `?${name}`)];
}

const count = (cell: string, by: string): string => `0 count k ${cell} by ${by} sum ${by} on stable 0 after 0`;
const longest = '9007199254740991';

/** A command as it is propagated, and its ops. */
const rows: readonly (readonly [string, ...string[]])[] = [
  ['DEL a', '0 delete a'],
  ['DEL a b a', '0 delete a', '1 delete b', '2 delete a'],
  ['UNLINK a b', '0 delete a', '1 delete b'],
  ['GETDEL a', '0 delete a'],
  ['PEXPIREAT k 1700000000123', '0 expire k at 1700000000123'],
  ['PEXPIREAT k 1700000000123 GT', '0 expire k at 1700000000123'],
  ['PEXPIREAT k 0', '0 expire k at 0'],
  ['PEXPIREAT k 9223372036854775807', `0 expire k at ${longest}`],
  ['PEXPIREAT k soon', '?PEXPIREAT'],
  ['PEXPIREAT k -1', '?PEXPIREAT'],
  ['EXPIREAT k 1700000000', '0 expire k at 1700000000000'],
  ['EXPIREAT k 9223372036854775', `0 expire k at ${longest}`],
  ['EXPIREAT k 1.5', '?EXPIREAT'],
  ['PERSIST k', '0 expire k at null'],
  ['PUBLISH c m'],
  ['SPUBLISH c m'],

  ['SET k v', '0 assign k = v'],
  ['set k v', '0 assign k = v'],
  ["SET k ''", '0 assign k = '],
  ['SET k v KEEPTTL', '0 assign k = v until keep'],
  ['SET k v keepttl', '0 assign k = v until keep'],
  ['SET k v PXAT 1700000000123', '0 assign k = v until 1700000000123'],
  ['SET k v EXAT 1700000000', '0 assign k = v until 1700000000000'],
  ['SET k v NX', '0 assign k = v'],
  ['SET k v XX GET PXAT 5', '0 assign k = v until 5'],
  ['SET k v XX KEEPTTL', '0 assign k = v until keep'],
  ['SET k v PXAT x', '?SET'],
  ['SET k v PX 100', '?SET'],
  ['SET k v EX 100', '?SET'],
  ['SETNX k v', '0 assign k = v'],
  ['GETSET k v', '0 assign k = v'],
  ['MSET a 1 b 2', '0 assign a = 1', '2 assign b = 2'],
  ['MSETNX a 1 b 2', '0 assign a = 1', '2 assign b = 2'],
  ['INCR k', count('string()', '1')],
  ['DECR k', count('string()', '-1')],
  ['INCRBY k 5', count('string()', '5')],
  ['INCRBY k -5', count('string()', '-5')],
  ['DECRBY k 5', count('string()', '-5')],
  ['INCRBY k 9223372036854775807', count('string()', '9223372036854775807')],
  ['INCRBY k x', '?INCRBY'],
  ['DECRBY k 1.5', '?DECRBY'],

  ['HSET k f v', '0 field k f = v'],
  ["HSET k '' '' g w", '0 field k  = ', '1 field k g = w'],
  ['HMSET k f v g w', '0 field k f = v', '1 field k g = w'],
  ['HSETNX k f v', '0 field k f = v'],
  ['HDEL k f g', '0 field k f gone', '1 field k g gone'],
  ['HINCRBY k f -3', count('hash(f)', '-3')],
  ['HINCRBY k f many', '?HINCRBY'],

  ['SADD k a b', '0 member k a in', '1 member k b in'],
  ['SREM k a b', '0 member k a out', '1 member k b out'],
  ['SMOVE k l a', '0 member k a out', '1 member l a in'],

  ['ZADD k 1.5 a -2 b', '0 score k a = 1.5', '1 score k b = -2'],
  ['ZADD k inf a -inf b +inf c', '0 score k a = Infinity', '1 score k b = -Infinity', '2 score k c = Infinity'],
  ['ZADD k -0 a 1e3 b', '0 score k a = -0', '1 score k b = 1000'],
  ['ZADD k CH 1 a', '0 score k a = 1'],
  ['ZADD k ch 1 a 2 nx', '0 score k a = 1', '1 score k nx = 2'],
  ['ZADD k 1 NX', '0 score k NX = 1'],
  ['ZADD k NX 1 a', '?ZADD'],
  ['ZADD k XX CH 1 a', '?ZADD'],
  ['ZADD k CH gt 1 a', '?ZADD'],
  ['ZADD k LT 1 a', '?ZADD'],
  ['ZADD k INCR 1 a', '?ZADD'],
  ['ZADD k 1 a nan b', '?ZADD'],
  ["ZADD k 1 a '' b", '?ZADD'],
  ['ZREM k a b', '0 score k a gone', '1 score k b gone'],
  ['ZINCRBY k 4 a', count('zset(a)', '4')],
  ['ZINCRBY k -4.0 a', count('zset(a)', '-4')],
  ['ZINCRBY k 1.5 a', '?ZINCRBY'],
  ['ZINCRBY k inf a', '?ZINCRBY'],
  ['ZINCRBY k 9007199254740992 a', '?ZINCRBY'],

  ['LPUSH k v', '?LPUSH'],
  ['FLUSHALL', '?FLUSHALL'],
  ['NOBODY knows', '?NOBODY'],
];

describe('a propagated command becomes its ops', () => {
  it.each(rows.map((row) => [row[0], row.slice(1)] as const))('%s', (line, ops) => {
    expect(translate(line)).toEqual(ops);
  });

  it('every row of the table is tried, done and, where it can be, refused', () => {
    const tried = new Set(rows.map(([line]) => line.split(' ')[0]!.toUpperCase()));
    expect([...commandTable.keys()].filter((name) => !tried.has(name))).toEqual([]);
  });
});

describe('keys of our own yield nothing', () => {
  it.each([
    'DEL entwine:{0}',
    'SET entwine:{0} v',
    'HSET entwine:{0} own o1:9:9:9:x:y:z',
    'INCR entwine:{0}',
    'PEXPIREAT entwine:{0} 1',
    'SADD entwine:{12} a',
    'ZADD entwine:{x} 1 a',
  ])('%s', (line) => {
    expect(translate(line)).toEqual([]);
  });

  it('and take no index', () => {
    expect(translate('DEL entwine:{0} a', 'SET entwine:{0} v', 'DEL b')).toEqual(['0 delete a', '1 delete b']);
    expect(translate('DEL entwine:0 entwine')).toEqual(['0 delete entwine:0', '1 delete entwine']);
  });
});

describe('a unit numbers its ops', () => {
  it('an assign takes two numbers, what is refused takes none', () => {
    expect(translate('SET a 1', 'SADD s x y', 'LPUSH l v', 'SET k v EX 1', 'MSET b 1 c 2', 'DEL a')).toEqual([
      ...['0 assign a = 1', '2 member s x in', '3 member s y in', '4 assign b = 1', '6 assign c = 2', '8 delete a'],
      ...['?LPUSH', '?SET'],
    ]);
  });

  it('a refused command leaves no half of itself', () => {
    expect(translate('ZADD z 1 a 2 b x c', 'DEL k')).toEqual(['0 delete k', '?ZADD']);
  });
});

it('binary keys, fields and values come through', () => {
  const raw = '\x00\r\n\xff';
  const commands = commandsOf(['HSET', raw, raw, raw], ['SET', raw, raw]).map((command) => ({ command, db: 3 }));
  const { ops } = translateUnit(commands, new Model(), { time: 9, priority: 2, origin: 'a/main/1' });
  const bytes = Uint8Array.of(0, 13, 10, 255);
  expect(ops).toEqual([
    { type: 'field', db: 3, index: 0, key: raw, field: raw, value: bytes },
    { type: 'assign', db: 3, index: 1, key: raw, value: bytes, expiry: null },
  ]);
});
