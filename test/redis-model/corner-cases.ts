/** Sequences that random ones hardly meet: each line a few commands, with a space between words and a semicolon between commands. */
import type { Words } from '../differential/row.ts';

/** A key that has expired and is still there. */
const ended = 'SET e x PXAT 1';
const never = '9223372036854775807';
const after = 'MULTI; INCR after; EXEC';

const cases: Readonly<Record<string, readonly string[]>> = {
  'what has expired goes before what a command does': [
    ...[
      'GET e',
      'INCR e',
      'DEL e',
      'DEL a e',
      'UNLINK e',
      'SET e y',
      'SET e 1 KEEPTTL',
      'SET e 1 XX',
      'SET e 1 NX GET',
    ],
    ...['SETNX e 1', 'MSETNX e 1', 'GETSET e 1', 'GETDEL e', 'GETEX e PERSIST', 'APPEND e x', 'SETRANGE e 3 x'],
    ...['INCRBYFLOAT e 1', 'BITFIELD e GET u8 0', 'BITFIELD e SET u8 0 0', 'SETBIT e 1 0', 'BITOP AND e a a'],
    ...['BITOP AND e m1 m2', 'TYPE e', 'EXISTS e e', 'TOUCH e', 'DUMP e', 'TTL e', 'PERSIST e', 'EXPIRE e 100000'],
    ...[
      'SET n 1; RENAME n e',
      'SET n 1; RENAMENX n e',
      'RENAME e n',
      'SET a 1; COPY a e',
      'COPY a e DB 0',
      'COPY a e DB 1',
    ],
    ...['COPY e f', 'MOVE e 1', 'SORT l STORE e', 'SORT e', 'KEYS *', 'DBSIZE', 'FLUSHDB', 'SWAPDB 0 1', 'SWAPDB 1 0'],
  ].flatMap((commands) => [ended, commands, 'DEL e after']),
  'what has expired goes within the unit of whoever meets it': [
    `${ended}; MULTI; GET e; EXEC; ${ended}; MULTI; GET e; INCR n; EXEC; ${ended}; SET f x PXAT 1; MGET e f`,
    `SELECT 1; ${ended}; SELECT 0; SET e 1; MOVE e 1; SELECT 1; ${ended}; SELECT 0; SET a 1; COPY a e DB 1`,
  ],
  'what looks at any key wraps nothing': [
    `${ended}; SCAN 0; SET a 1; SELECT 1; ${ended}; SCAN 0; SELECT 0; ${ended}; SCAN 0 TYPE none; SCAN 0`,
    `${ended}; SCAN 0 MATCH z*; SCAN 0 MATCH e* COUNT 0; SCAN 0 MATCH e* COUNT 9; SCAN x; SCAN 0 TYPE`,
    `DEL a; ${ended}; RANDOMKEY; ${ended}; MULTI; RANDOMKEY; INCR n; EXEC; RANDOMKEY`,
  ],
  'what breaks a watch': [
    ...[
      'SET w 1',
      'SET w 1 XX',
      'SET w 1; DEL w',
      'APPEND w x',
      'APPEND w x; SETBIT w 3 0',
      'EXPIRE w 100000',
      'PERSIST w',
    ],
    ...[
      'RENAME w v',
      'RENAME v w',
      'COPY w v',
      'COPY v w REPLACE',
      'MOVE w 1',
      'SWAPDB 0 1',
      'SWAPDB 0 0',
      'FLUSHDB',
      'FLUSHALL',
    ],
    ...['RPUSH w a a', 'LMOVE w w LEFT RIGHT', 'LTRIM w 0 -1', 'LREM w 0 z', 'LSET w 0 a', 'DEL w; SADD v a; SADD w a'],
    ...[
      'SMOVE w v a',
      'SINTERSTORE w v u',
      'SUNIONSTORE w v v',
      'SUNIONSTORE w v v',
      'DEL w; XADD w 1-1 f v',
      'XDEL w 1-1',
    ],
    ...[
      'XGROUP CREATE w g 0',
      'XADD w 2-1 f v; XREADGROUP GROUP g c STREAMS w >',
      'XSETID w 9-9',
      'XSETID w 8-8; SET other 1',
    ],
    ...[
      'DEL w; XGROUP CREATE w g 0 MKSTREAM',
      'DEL w; HSET w f 1',
      'HSET w f 1',
      'HSETNX w f 1',
      'GET w',
      'SELECT 1; SET w 1; SELECT 0',
    ],
  ].flatMap((commands) => [
    ...[
      `WATCH w; ${commands}; ${after}`,
      `WATCH x w; ${commands}; UNWATCH; ${after}`,
      `${commands}; WATCH w; ${after}`,
    ],
  ]),
  'what a watch makes of expiry': [
    `${ended}; WATCH e; ${after}; ${ended}; WATCH e; GET e; ${after}; WATCH e; ${ended}; ${after}; WATCH e; SET e 1; ${after}`,
    `${ended}; WATCH e; SET e 1; ${after}; ${ended}; WATCH e; FLUSHDB; ${after}; SET e x; WATCH e; PEXPIREAT e 1; ${after}`,
  ],
  'what ends a transaction': [
    'EXEC; DISCARD; MULTI; MULTI; WATCH a; SET a 1; EXEC; MULTI; WATCH; EXEC; MULTI; NOPE; GET a; EXEC; MULTI; DISCARD a; EXEC',
    'WATCH a; SET a 1; EXEC a; MULTI; GET a; EXEC; MULTI; GET a; EXEC a; EXEC; WATCH a; SET a 1; DISCARD; MULTI; GET a; EXEC',
    'WATCH a; MULTI; DISCARD; SET a 2; MULTI; UNWATCH; GET a; EXEC; MULTI; SELECT 4; SET z 1; SELECT 5; SET z 2; EXEC; EXEC',
    'PUBLISH c m; MULTI; PUBLISH c m; EXEC; MULTI; SELECT 6; PUBLISH c m; SELECT 7; PUBLISH c m; EXEC; PUBLISH c m',
  ],
  'names that are none': [
    `NOPE; NOPE a b; ${'x'.repeat(200)} ${'y'.repeat(200)} z; NOPE ${'y'.repeat(120)} ${'z'.repeat(120)}; nope a\r\nb c\0d`,
    'XGROUP; xgroup nope; XGROUP NOPE a; GET; get a b; PING a b; ECHO; TIME a; EXEC a; SELECT; MSET a 1 b; MSETNX a',
  ],
  'the last moments there are': [
    `SET a 1 PXAT ${never}; PEXPIRETIME a; COPY a b; PEXPIRETIME b; PEXPIREAT a ${never} GT; PEXPIREAT a ${never} LT`,
    'EXPIREAT a 9223372036854775; EXPIREAT a 9223372036854776; GETEX a EXAT 9223372036854776; SET a 1 EX 9223372036854775',
    `SETEX a ${never} v; PSETEX a ${never} v; PEXPIRE a ${never}; EXPIRE a -9223372036854775808; EXPIRE a -9223372036854775`,
    'SET a 1; SETEX a 0 v; PSETEX a -1 v; SET a 1 EX 0; SET a 1 PXAT -1; GETEX a EX 0; PEXPIREAT a 0; EXISTS a; TTL a; PTTL a',
    'SET b 1 PXAT 9000000000499; EXPIRETIME b; SET b 1 PXAT 9000000000500; EXPIRETIME b; SET b 1; EXPIRETIME b; TTL b; TTL c',
    'RPUSH l 1; EXPIRE l 9999 XX; EXPIRE l 9999 nx; EXPIRE l 50 gt; EXPIRE l 5000 lt; EXPIRE l 99999 XX GT; EXPIRE l 2 NX LT',
    'EXPIRE l 2 GT LT; EXPIRE l 2 NX XX; EXPIRE l 2 nope; EXPIRE l x nope; EXPIRE l 1.5; EXPIRE l; EXPIRE nope 2; EXPIRE l 0',
  ],
  'the longest strings': [
    `SETRANGE s 536870911 ab; SETRANGE s 536870912 a; SETRANGE s ${never} a; SETRANGE s 9223372036854775808 a; SETRANGE s -1 a`,
    'SETBIT s 4294967296 1; GETBIT s 4294967296; BITFIELD s GET u8 4294967296; BITFIELD s GET u8 #536870912; SETBIT s -1 1',
    `BITFIELD s GET u8 #536870911; BITFIELD_RO s GET i64 #67108863; BITFIELD s GET u8 #${never}; BITFIELD_RO s SET u8 0 1`,
  ],
  'numbers at their ends': [
    `DECRBY n -9223372036854775808; DECRBY n -${never}; INCR n; INCRBY n ${never}; SET n -9223372036854775808; DECR n; INCR n`,
    'BITFIELD b SET i64 0 -1 INCRBY i64 0 -9223372036854775808; BITFIELD b OVERFLOW SAT INCRBY i64 0 -5; BITFIELD b GET i64 0',
    'BITFIELD c OVERFLOW FAIL INCRBY u8 0 300; BITFIELD c OVERFLOW SAT SET u8 0 -1; BITFIELD c OVERFLOW WRAP SET u8 0 -1; GET c',
    'BITFIELD c OVERFLOW FAIL INCRBY u8 40 300; GET c; BITFIELD d OVERFLOW FAIL SET i8 9 999; GET d; BITFIELD d; BITFIELD_RO d',
  ],
  'sorting without sorting': [
    'ZADD z 3 a 1 b 2 c 2 bb; SORT z BY nosort; SORT z BY nosort DESC; SORT z BY nosort LIMIT 1 2; SORT z BY nosort DESC LIMIT 1 2',
    'SORT z BY nosort LIMIT 9 2; SORT z BY nosort STORE l; SORT l BY nosort DESC STORE l; SORT l BY nosort LIMIT -1 2; SORT l',
    'SADD m b a c; SORT m BY nosort STORE l; LRANGE l 0 -1; SORT m BY nosort DESC LIMIT 0 2 STORE l; LRANGE l 0 -1; SORT z ALPHA',
    'HSET w_a f 3; HSET w_b f 1; HSET w_c f 2; SORT m BY w_*->f; SORT m BY w_*->f DESC GET # GET w_*->f GET nope*; SORT l BY w_*->',
    'ZADD y 0 d -0 e; SORT y BY nosort; ZADD y -0 f; ZRANGE y 0 -1 WITHSCORES; SORT q STORE z; EXISTS z; SORT_RO l STORE a; SORT l GET',
  ],
  'databases that are none': [
    'SWAPDB a 1; SWAPDB 1 a; SWAPDB 1 99; SWAPDB 99999999999 1; SWAPDB -1 1; SELECT x; SELECT 16; SELECT -1; SELECT 99999999999',
    'SET a 1; MOVE a 0; MOVE a x; MOVE a 16; COPY a a; COPY a a DB 3; COPY a a DB 3; COPY a a DB 3 REPLACE; COPY a b DB; COPY a b X',
    'FLUSHDB async; FLUSHALL x; FLUSHDB sync async; FLUSHALL; FLUSHDB SYNC; SELECT 1; FLUSHALL; DBSIZE',
  ],
  // The last: a number out of range has the server refuse to sort by numbers from then on.
  fractions: [
    'INCRBYFLOAT a 1e300; INCRBYFLOAT a -1e300; SET a 10.50; INCRBYFLOAT a 0.1; SET a 5.0e3; INCRBYFLOAT a 200; INCRBYFLOAT a x',
    'SET f 0x10; INCRBYFLOAT f 1; INCRBYFLOAT f inf; INCRBYFLOAT f nan; INCRBYFLOAT f 1e4000; INCRBYFLOAT f 1e4000; SET f inf',
    'INCRBYFLOAT f -inf; INCRBYFLOAT f 1; SET f 0.1; INCRBYFLOAT f 1e5000; INCRBYFLOAT f 1e-400; INCRBYFLOAT f -0.10000000000000001',
  ],
};

/** By name. */
export const cornerCases: ReadonlyMap<string, readonly Words[]> = new Map(
  Object.entries(cases).map(([name, lines]) => [
    name,
    lines.flatMap((line) => line.split('; ')).map((command) => command.split(' ')),
  ]),
);
