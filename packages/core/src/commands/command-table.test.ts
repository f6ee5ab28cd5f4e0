import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandsOf } from '../../test-support/commands.ts';
import { recordCommand, recordLine } from '../../test-support/recorded-unit.ts';
import { commandTable } from './command-table.ts';
import { moduleRows } from './module-rows.ts';
import { streamRows } from './stream-rows.ts';

/** `state! k`: read back, overwriting; `state k`: read back, changed. */
const unread = 'state k';

/** A command as it is propagated, and what it becomes. */
const rows: readonly (readonly [string, ...string[]])[] = [
  ['DEL a', 'delete a'],
  ['DEL a b a', 'delete a', 'delete b', 'delete a'],
  ['DEL', '?DEL'],
  ['UNLINK a b', 'delete a', 'delete b'],
  ['GETDEL a', 'delete a'],
  ['DELEX a IFEQ v', 'delete a'],
  ['DELIFEQ a v', 'delete a'],
  ['PEXPIREAT k 1700000000123', 'expire k at 1700000000123'],
  ['PEXPIREAT k 1700000000123 GT', 'expire k at 1700000000123'],
  ['PEXPIREAT k 0', 'expire k at 0'],
  ['PEXPIREAT k 9223372036854775807', 'expire k at 9223372036854775807'],
  ['PEXPIREAT k soon', unread],
  ['PEXPIREAT k -1', unread],
  ['PEXPIREAT k', unread],
  ['EXPIREAT k 1700000000', 'expire k at 1700000000000'],
  ['EXPIREAT k 9223372036854775', 'expire k at 9223372036854775000'],
  ['EXPIREAT k 1.5', unread],
  ['EXPIRE k 10', unread],
  ['PEXPIRE k 10 NX', unread],
  ['GETEX k EX 10', unread],
  ['PERSIST k', 'expire k at null'],
  ['RENAME a b', 'delete a', 'state! b'],
  ['RENAME a a'],
  ['RENAMENX a b', 'delete a', 'state! b'],
  ['COPY a b', 'state! b'],
  ['COPY a b REPLACE', 'state! b'],
  ['COPY a b db 3 replace', 'state! b in db 3'],
  ['COPY a a DB 3', 'state! a in db 3'],
  ['COPY a b DB', 'state b'],
  ['COPY a b DB x', 'state b'],
  ['COPY a b SLOWLY', 'state b'],
  ['MOVE k 3', 'delete k', 'state! k in db 3'],
  ['MOVE k 0', 'state! k'],
  ['MOVE k here', unread],
  ['RESTORE k 0 payload', 'state! k'],
  ['RESTORE k 0 payload REPLACE ABSTTL', 'state! k'],
  ['RESTORE-ASKING k 0 payload', 'state! k'],
  ['MIGRATE host 6379 k 0 1000', unread],
  ["MIGRATE host 6379 '' 0 1000 COPY KEYS a b", 'state ', 'state a', 'state b'],

  ['SET k v', 'assign k = v'],
  ['set k v', 'assign k = v'],
  ["SET k ''", 'assign k = '],
  ['SET k v KEEPTTL', 'assign k = v until keep'],
  ['SET k v keepttl', 'assign k = v until keep'],
  ['SET k v PXAT 1700000000123', 'assign k = v until 1700000000123'],
  ['SET k v EXAT 1700000000', 'assign k = v until 1700000000000'],
  ['SET k v NX', 'assign k = v'],
  ['SET k v XX GET PXAT 5', 'assign k = v until 5'],
  ['SET k v XX KEEPTTL', 'assign k = v until keep'],
  ['SET k v IFEQ PX PXAT 5', 'assign k = v until 5'],
  ['SET k v PXAT x', unread],
  ['SET k v PXAT', unread],
  ['SET k v PX 100', unread],
  ['SET k v EX 100', unread],
  ['SET k v LATER', unread],
  ['SET k', unread],
  ['SETNX k v', 'assign k = v'],
  ['GETSET k v', 'assign k = v'],
  ['SETEX k 10 v', unread],
  ['PSETEX k 10 v', unread],
  ['MSET a 1 b 2', 'assign a = 1', 'assign b = 2'],
  ['MSET a 1 b', 'state a', 'state b'],
  ['MSETNX a 1 b 2', 'assign a = 1', 'assign b = 2'],
  ['MSETEX 2 a 1 b 2', 'assign a = 1', 'assign b = 2'],
  ['MSETEX 2 a 1 b 2 NX PXAT 5', 'assign a = 1 until 5', 'assign b = 2 until 5'],
  ['MSETEX 1 a 1 KEEPTTL', 'assign a = 1 until keep'],
  ['MSETEX 2 a 1 b 2 PX 5', 'state a', 'state b'],
  ['MSETEX 3 a 1 b 2', '?MSETEX'],
  ['MSETEX x a 1', '?MSETEX'],
  ['INCRBYFLOAT k 0.1', unread],
  ['INCR k', 'count k string() by 1'],
  ['DECR k', 'count k string() by -1'],
  ['INCRBY k 5', 'count k string() by 5'],
  ['INCRBY k -5', 'count k string() by -5'],
  ['INCRBY k 9223372036854775807', 'count k string() by 9223372036854775807'],
  ['INCRBY k -9223372036854775808', 'count k string() by -9223372036854775808'],
  ['INCRBY k 9223372036854775808', unread],
  ['INCRBY k 007', unread],
  ['INCRBY k -0', unread],
  ['INCRBY k x', unread],
  ["INCRBY k ''", unread],
  ['DECRBY k 5', 'count k string() by -5'],
  ['DECRBY k 9223372036854775807', 'count k string() by -9223372036854775807'],
  ['DECRBY k 1.5', unread],
  ['APPEND k v', 'guarded string k adds {APPEND k v}'],
  ['SETRANGE k 5 v', 'guarded string k adds {SETRANGE k 5 v}'],
  ['BITFIELD k SET u8 0 5 GET u8 0', 'guarded string k adds {BITFIELD k SET u8 0 5 GET u8 0}'],
  ['SETBIT k 7 1', 'bit k 7 on'],
  ['SETBIT k 4294967295 0', 'bit k 4294967295 off'],
  ['SETBIT k -1 1', unread],
  ['SETBIT k 7 2', unread],
  ['BITOP AND k a b', 'state! k'],
  ['PFADD k', 'sketch k made'],
  ['PFADD k a b', 'sketch k + a', 'sketch k + b'],
  ['PFMERGE k a b', 'state k'],
  ['PFCOUNT k', 'estimate k'],
  ['PFCOUNT k l'],
  ['PFDEBUG GETREG k'],

  ['HSET k f v', 'field k f = v'],
  ["HSET k '' '' g w", 'field k  = ', 'field k g = w'],
  ['HSET k f v g', unread],
  ['HMSET k f v g w', 'field k f = v', 'field k g = w'],
  ['HSETNX k f v', 'field k f = v'],
  ['HDEL k f g', 'field k f gone', 'field k g gone'],
  ['HINCRBY k f -3', 'count k hash(f) by -3'],
  ['HINCRBY k f many', unread],
  ['HINCRBYFLOAT k f 0.1', unread],
  ['HSETEX k FIELDS 2 f v g w', 'field k f = v', 'field k g = w'],
  ['HSETEX k fnx fields 1 f v', 'field k f = v'],
  ['HSETEX k FXX PXAT 1700000000123 FIELDS 1 f v', unread],
  ['HSETEX k FIELDS 2 f v', unread],
  ['HSETEX k FIELDS 1 f v KEEPTTL', unread],
  ['HSETEX k KEEPTTL FIELDS 1 f v', unread],
  ['HSETEX k PXAT 1700000000123 FIELDS 1 f v', unread],
  ['HPEXPIREAT k 1700000000123 FIELDS 1 f', unread],
  ['HPERSIST k FIELDS 1 f', unread],
  ['HEXPIRE k 10 FIELDS 1 f', unread],
  ['HPEXPIRE k 10 FIELDS 1 f', unread],
  ['HEXPIREAT k 1700000000 FIELDS 1 f', unread],
  ['HGETEX k EX 10 FIELDS 1 f', unread],
  ['HGETDEL k FIELDS 2 f g', 'field k f gone', 'field k g gone'],
  ['HGETDEL k FIELDS 2 f', unread],
  ['HGETDEL k FIELDS', unread],

  ['SADD k a b', 'member k a in', 'member k b in'],
  ['SREM k a b', 'member k a out', 'member k b out'],
  ['SMOVE k l a', 'member k a out', 'member l a in'],
  ['SMOVE k l', 'state k', 'state l'],
  ['SPOP k 2', unread],

  ['ZADD k 1.5 a -2 b', 'score k a = 1.5', 'score k b = -2'],
  ['ZADD k inf a -inf b +inf c', 'score k a = Infinity', 'score k b = -Infinity', 'score k c = Infinity'],
  ['ZADD k -0 a 1e3 b .5 c 5. d', 'score k a = -0', 'score k b = 1000', 'score k c = 0.5', 'score k d = 5'],
  ['ZADD k CH 1 a', 'score k a = 1'],
  ['ZADD k ch 1 a 2 nx', 'score k a = 1', 'score k nx = 2'],
  ['ZADD k 1 NX', 'score k NX = 1'],
  ['ZADD k NX 1 a 2 b', 'scores k a:1 b:2'],
  ['ZADD k XX CH 1 a', 'scores k a:1'],
  ['ZADD k CH gt 1 a', 'scores k a:1'],
  ['ZADD k LT 1 a', 'scores k a:1'],
  ['ZADD k INCR 1 a', 'count k zset(a) by 1'],
  ['ZADD k INCR 1.5 a', 'scores k a:?'],
  ['ZADD k XX INCR 1 a', 'scores k a:?'],
  ['ZADD k 1 a 0x10 b', 'scores k a:1 b:?'],
  ['ZADD k 1 a nan b', 'scores k a:1 b:?'],
  ["ZADD k 1 a '' b", 'scores k a:1 b:?'],
  ['ZADD k 1 a 2', unread],
  ['ZADD k NX XX', unread],
  ['ZADD k INCR 1 a 2 b', unread],
  ['GEOADD k 1 2 a', unread],
  ['ZREM k a b', 'score k a gone', 'score k b gone'],
  ['ZINCRBY k 4 a', 'count k zset(a) by 4'],
  ['ZINCRBY k -4.0 a', 'count k zset(a) by -4'],
  ['ZINCRBY k 1.5 a', 'scores k a:?'],
  ['ZINCRBY k inf a', 'scores k a:?'],
  ['ZINCRBY k 9007199254740992 a', 'scores k a:?'],
  ['ZREMRANGEBYSCORE k (1.5 +inf', 'range k score (1.5 +inf'],
  ['ZREMRANGEBYSCORE k 0x1 2', unread],
  ['ZREMRANGEBYSCORE k 1', unread],
  ['ZREMRANGEBYLEX k [a (c', 'range k lex [a (c'],
  ['ZREMRANGEBYLEX k - +', 'range k lex - +'],
  ['ZREMRANGEBYLEX k a c', unread],
  ['ZREMRANGEBYRANK k 0 -2', 'guarded zset k takes {ZREMRANGEBYRANK k 0 -2}'],
  ['ZPOPMIN k', 'guarded zset k takes {ZPOPMIN k}'],
  ['ZPOPMAX k 3', 'guarded zset k takes {ZPOPMAX k 3}'],
  ['BZPOPMIN k l 0', 'state k', 'state l'],
  ['BZPOPMAX k 0', unread],
  ['ZMPOP 2 k l MIN', 'state k', 'state l'],
  ['BZMPOP 0 1 k MIN', unread],
  ['BZMPOP 0 9 k MIN', '?BZMPOP'],

  ['LPUSH k v w', 'guarded list k adds {LPUSH k v w}'],
  ['RPUSH k v', 'guarded list k adds {RPUSH k v}'],
  ['lpushx k v', 'guarded list k adds {LPUSH k v}'],
  ['RPUSHX k v w', 'guarded list k adds {RPUSH k v w}'],
  ['LINSERT k BEFORE v w', 'guarded list k adds {LINSERT k BEFORE v w}'],
  ['LSET k 0 v', 'guarded list k adds {LSET k 0 v}'],
  ['LPOP k', 'guarded list k takes {LPOP k}'],
  ['RPOP k 2', 'guarded list k takes {RPOP k 2}'],
  ['LREM k 0 v', 'guarded list k takes {LREM k 0 v}'],
  ['LTRIM k 0 9', 'guarded list k takes {LTRIM k 0 9}'],
  ['LMOVE k l left RIGHT', 'guarded list k takes {LPOP k}', 'moved l right'],
  ['LMOVE k l RIGHT LEFT', 'guarded list k takes {RPOP k}', 'moved l left'],
  ['LMOVE k k LEFT RIGHT', 'guarded list k takes {LMOVE k k LEFT RIGHT}'],
  ['LMOVE k l LEFT UP', 'state k', 'state l'],
  ['RPOPLPUSH k l', 'guarded list k takes {RPOP k}', 'moved l left'],
  ['RPOPLPUSH k k', 'guarded list k takes {LMOVE k k RIGHT LEFT}'],
  ['BLMOVE k l LEFT LEFT 0', 'guarded list k takes {LPOP k}', 'moved l left'],
  ['BRPOPLPUSH k l 0', 'guarded list k takes {RPOP k}', 'moved l left'],
  ['BLMOVE k k left RIGHT 0', 'guarded list k takes {LMOVE k k LEFT RIGHT}'],
  ['LMPOP 1 k LEFT', unread],
  ['BLMPOP 0 1 k LEFT', unread],
  ['BLPOP k l 0', 'state k', 'state l'],
  ['BRPOP k 0', unread],

  ['SORT a BY STORE LIMIT 0 1 GET # STORE k', 'state! k'],
  ['SORT a STORE k STORE l', 'state! l'],
  ['SORT a DESC ALPHA'],
  ['GEORADIUS a 1 2 3 km COUNT 1 ANY STORE k', 'state! k'],
  ['GEORADIUS a 1 2 3 km'],
  ['GEORADIUSBYMEMBER a m 3 km STORE l storedist k', 'state! k'],
  ['GEOSEARCHSTORE k a FROMMEMBER m BYRADIUS 1 km', 'state! k'],
  ['ZRANGESTORE k a 0 -1', 'state! k'],
  ['ZUNIONSTORE k 2 a b', 'state! k'],
  ['ZINTERSTORE k 2 a b', 'state! k'],
  ['ZDIFFSTORE k 2 a b', 'state! k'],
  ['SUNIONSTORE k a b', 'state! k'],
  ['SINTERSTORE k a b', 'state! k'],
  ['SDIFFSTORE k a b', 'state! k'],

  ['FLUSHDB', 'flush 0'],
  ['FLUSHDB ASYNC', 'flush 0'],
  ['FLUSHALL', 'flush all'],
  ['SWAPDB 0 3', 'flush 0', 'flush 3', 'database 0', 'database 3'],
  ['SWAPDB 2 2'],
  ['SWAPDB 0 x', '?SWAPDB'],
  ['FUNCTION LOAD #!lua\tname=mine\ncode', 'library mine = #!lua\tname=mine\ncode'],
  ['function load REPLACE #!lua\tNAME="my_2"\r\ncode', 'library my_2 = #!lua\tNAME="my_2"\r\ncode'],
  ['FUNCTION LOAD code', '?FUNCTION'],
  ['FUNCTION LOAD', '?FUNCTION'],
  ['FUNCTION DELETE mine', 'library mine gone'],
  ['FUNCTION FLUSH ASYNC', 'library (all) gone'],
  ['FUNCTION RESTORE payload', '?FUNCTION'],
  ['FUNCTION RESTORE dump:#!lua\tname=a\nx|#!lua\tname=b', 'library a = #!lua\tname=a\nx', 'library b = #!lua\tname=b'],
  ['FUNCTION RESTORE dump:#!lua\tname=a replace', 'library a = #!lua\tname=a'],
  ['FUNCTION RESTORE dump:#!lua\tname=a flush', 'library (all) gone', 'library a = #!lua\tname=a'],
  ['FUNCTION RESTORE dump:#!lua\tname=a|nameless FLUSH', '?FUNCTION'],
  ['FUNCTION', '?FUNCTION'],
  ['PUBLISH c m', 'publish c = m'],
  ['PUBLISH __sentinel__:hello m'],
  ['SPUBLISH c m', 'spublish c = m'],
  ['TRIMSLOTS RANGES 1 0 5'],
  ['CLUSTER SYNCSLOTS CONF'],
  ['CLUSTER SETSLOT 1 NODE x'],
  ['CLUSTER FLUSHSLOT 5', '?CLUSTER'],
  ['CLUSTER WHATEVER', '?CLUSTER'],

  ['JSON.MSET a $ 1 b $ 2', 'state a', 'state b'],
  ['TS.MADD a 1 2 b 1 2 a 3 4', 'state a', 'state b'],
  ['VADD k VALUES 1 2 e', unread],
  ['NOBODY knows', '?NOBODY'],
];

describe('a propagated command becomes its ops', () => {
  it.each(rows.map((row) => [row[0], row.slice(1)] as const))('%s', (line, becomes) => {
    expect(recordLine(line)).toEqual(becomes);
  });

  const named = (name: string): string => name.replace('|', ' ');
  const isTried = (name: string): boolean =>
    rows.some(([line]) => `${line.toUpperCase()} `.startsWith(`${named(name)} `));

  it.each(Object.keys(moduleRows).filter((name) => !isTried(name)))('%s is read back', (name) => {
    expect(recordLine(`${name} k 1 2`)).toEqual([unread]);
  });

  it('every row of the table is tried, here or beside its own file', () => {
    const elsewhere = { ...moduleRows, ...streamRows };
    expect([...commandTable.keys()].filter((name) => !(name in elsewhere) && !isTried(name))).toEqual([]);
  });
});

describe('whatever the arguments', () => {
  const word = fc.oneof(
    fc.constantFrom('', '0', '1', '2', '-1', '99', '9223372036854775807', '1.5', 'nan', 'k', '\xff\x00\r\n', '('),
    fc.constantFrom(
      'STORE',
      'KEYS',
      'FIELDS',
      'STREAMS',
      'DB',
      'LEFT',
      'RIGHT',
      'INCR',
      'NX',
      'PXAT',
      'LOAD',
      '#!lua name=',
    ),
    fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 5 }),
  );

  it('nothing is thrown, and what is refused is reported or read back', () => {
    const names = [...commandTable.keys()].map((name) => name.split('|'));
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.array(word, { maxLength: 8 }), (name, args) => {
        const lines = recordCommand(commandsOf([...name, ...args])[0]!);
        const reported = lines.some((line) => line.startsWith('?'));
        expect(lines.filter((line) => reported && !/^(\?|state )/s.test(line))).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it('binary keys, fields and values come through', () => {
    const raw = '\x00\r\n\xff';
    const lines = (...words: string[]): string[] => recordCommand(commandsOf(words)[0]!);
    expect(lines('HSET', raw, raw, raw)).toEqual([`field ${raw} ${raw} = ${raw}`]);
    expect(lines('RPUSHX', raw, raw)).toEqual([`guarded list ${raw} adds {RPUSH ${raw} ${raw}}`]);
    expect(lines('SORT', raw, 'STORE', raw)).toEqual([`state! ${raw}`]);
  });
});
