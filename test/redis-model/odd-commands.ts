/**
 * Random commands on strings, bits, keys and databases, with arguments that are mostly odd: on keys of every type, missing or
 * expired, with words left out, added and replaced.
 *
 * Drawn so that the hour and the order of hash tables do not show in what comes of them.
 */
import type { Random } from '../../apps/demo/src/lab/index.ts';
import type { Words } from '../differential/row.ts';

const start: readonly Words[] = [
  ...[
    ['SET', 's', 'hello'],
    ['SET', 'n', '5'],
    ['SET', 'f', '3.5'],
    ['SET', 'b', '\xff\xf0\0\x01'],
    ['SET', 'w_1', '9'],
  ],
  ...[
    ['RPUSH', 'l', '3', '1', '2', '10'],
    ['HSET', 'h', 'f', '1'],
    ['SADD', 'm', '1', '2'],
    ['ZADD', 'z', '1', 'a'],
  ],
  ...[
    ['XADD', 'x', '1-1', 'f', 'v'],
    ['SET', 'e', 'old', 'PXAT', '1'],
  ],
];

const integers = [
  ...[
    '0',
    '1',
    '-1',
    '2',
    '3',
    '7',
    '10',
    '-5',
    '100',
    '007',
    '+1',
    ' 1',
    '1 ',
    '',
    'x',
    '3.0',
    '1e3',
    '0x10',
    '-0',
    '1\0',
  ],
  ...['9223372036854775807', '-9223372036854775808', '9223372036854775808', '-9223372036854775809', '99999999999'],
];
const floats = [
  ...['0.1', '-2.5', '3.0e3', '1e-7', '12345.678901', '-0', '10', '1.7e300', 'inf', '-inf', 'nan', 'x', '', ' 1', '1 '],
  ...['0x1p3', '0x1.8', '9007199254740993', '123456789012345678901234567890', '.5', '5.', '+3', '--1', '1e', '1e-18'],
];
const values = ['', 'a', '0', '5', '-3', '3.5', '\0\xff', 'foo bar', ' 12', 'z\0q', 'x'.repeat(40)];
const offsets = ['0', '1', '2', '5', '7', '8', '9', '16', '17', '40', '77', '-1', 'x', '#1', '#0', '01', '4294967296'];
const types = [
  'u8',
  'i8',
  'i16',
  'u63',
  'i64',
  'u64',
  'u1',
  'i1',
  'i5',
  'u3',
  'i65',
  'u0',
  '8',
  'u',
  'U8',
  'u08',
  'u7\0',
];
const patterns = [
  '*',
  '?',
  's*',
  '[sn]',
  '[^s]',
  '\\*',
  '[z-a]',
  's[',
  '[\\s]',
  '**',
  '*?',
  '',
  '[^',
  '[]',
  '[a-',
  '\\',
  'w_?',
];
/** Milliseconds or seconds from now on: long, or none. */
const lifetimes = ['100000', '70000', '0', '-1', '9223372036854775807', '-9223372036854775808', 'x'];

type Make = (odd: OddCommands) => Words;

const expiring: Readonly<Record<string, Make>> = {
  EX: (d) => [d.one(...lifetimes)],
  PX: (d) => [d.one(...lifetimes)],
  EXAT: (d) => [d.second()],
  PXAT: (d) => [d.millisecond()],
  KEEPTTL: () => [],
  PERSIST: () => [],
};

/** By the word that a command begins with. */
const commands: Readonly<Record<string, Make>> = {
  GET: (d) => [d.string()],
  SET: (d) => [
    d.string(),
    d.value(),
    ...d.maybe(0.5, () => [d.one('NX', 'XX', 'GET')]),
    ...d.maybe(0.5, () => d.expiring()),
  ],
  SETNX: (d) => [d.string(), d.value()],
  SETEX: (d) => [d.string(), d.one(...lifetimes), d.value()],
  PSETEX: (d) => [d.string(), d.one(...lifetimes), d.value()],
  GETSET: (d) => [d.string(), d.value()],
  GETDEL: (d) => [d.string()],
  GETEX: (d) => [d.string(), ...d.maybe(0.8, () => d.expiring()), ...d.maybe(0.1, () => d.expiring())],
  MGET: (d) => d.some(3, () => [d.key()]),
  MSET: (d) => d.some(3, () => [d.string(), d.value()]),
  MSETNX: (d) => d.some(2, () => [d.string(), d.value()]),
  APPEND: (d) => [d.string(), d.value()],
  STRLEN: (d) => [d.string()],
  GETRANGE: (d) => [d.string(), d.place(), d.place()],
  SETRANGE: (d) => [d.string(), d.one(...offsets), d.value()],
  INCR: (d) => [d.string()],
  DECR: (d) => [d.string()],
  INCRBY: (d) => [d.string(), d.integer()],
  DECRBY: (d) => [d.string(), d.integer()],
  INCRBYFLOAT: (d) => [d.string(), d.one(...floats)],
  SETBIT: (d) => [d.string(), d.one(...offsets), d.one('0', '1', '2', '-1', 'x')],
  GETBIT: (d) => [d.string(), d.one(...offsets)],
  BITCOUNT: (d) => [d.string(), ...d.maybe(0.7, () => [d.place(), d.place(), ...d.unit()])],
  BITPOS: (d) => [
    ...[d.string(), d.one('0', '1', '2', 'x')],
    ...d.maybe(0.8, () => [d.place(), ...d.maybe(0.8, () => [d.place(), ...d.unit()])]),
  ],
  BITFIELD: (d) => [d.string(), ...d.some(3, () => d.bitField())],
  BITFIELD_RO: (d) => [d.string(), 'get', d.one(...types), d.one(...offsets)],
  BITOP: (d) => [d.one('AND', 'or', 'XOR', 'NOT', 'x'), d.string(), ...d.some(3, () => [d.string()])],
  DEL: (d) => d.some(3, () => [d.key()]),
  UNLINK: (d) => d.some(3, () => [d.key()]),
  EXISTS: (d) => d.some(3, () => [d.key()]),
  TOUCH: (d) => d.some(3, () => [d.key()]),
  TYPE: (d) => [d.key()],
  RENAME: (d) => [d.key(), d.key()],
  RENAMENX: (d) => [d.key(), d.key()],
  COPY: (d) => [d.key(), d.key(), ...d.maybe(0.4, () => ['db', d.database()]), ...d.maybe(0.4, () => ['REPLACE'])],
  MOVE: (d) => [d.key(), d.database()],
  KEYS: (d) => [d.one(...patterns)],
  RESTORE: (d) => [
    ...[d.key(), d.one('0', '0', ...lifetimes), d.payload(), ...d.maybe(0.6, () => ['REPLACE'])],
    ...d.maybe(0.2, () => ['ABSTTL']),
    ...d.maybe(0.2, () => [d.one('IDLETIME', 'FREQ'), d.integer()]),
  ],
  SORT: (d) => [
    ...[d.key(), 'ALPHA', ...d.maybe(0.3, () => ['LIMIT', d.place(), d.place()]), ...d.maybe(0.4, () => ['DESC'])],
    ...d.maybe(0.2, () => ['GET', d.one('*', '#', 'w_*', 'h*->f', '*->f')]),
    ...['STORE', d.key()],
  ],
  EXPIRE: (d) => [d.key(), d.one(...lifetimes), ...d.maybe(0.3, () => [d.one('NX', 'xx', 'z')])],
  PEXPIRE: (d) => [d.key(), d.one(...lifetimes), ...d.maybe(0.3, () => [d.one('NX', 'xx')])],
  EXPIREAT: (d) => [d.key(), d.second(), ...d.maybe(0.5, () => d.some(2, () => [d.one('NX', 'XX', 'gt', 'LT')]))],
  PEXPIREAT: (d) => [d.key(), d.millisecond(), ...d.maybe(0.5, () => d.some(2, () => [d.one('NX', 'XX', 'gt', 'LT')]))],
  PEXPIRETIME: (d) => [d.key()],
  PERSIST: (d) => [d.key()],
  SELECT: (d) => [d.database()],
  DBSIZE: () => [],
  PUBLISH: (d) => [d.value(), d.value()],
  PING: (d) => [d.value()],
  NOPE: (d) => [d.value(), d.value()],
  WATCH: (d) => d.some(2, () => [d.key()]),
  UNWATCH: () => [],
  DISCARD: () => [],
};

/** Some only now and then: each ends the history of many keys. */
const rare: Readonly<Record<string, Make>> = {
  FLUSHDB: (d) => d.maybe(0.5, () => [d.one('SYNC', 'async', 'x')]),
  FLUSHALL: () => [],
  SWAPDB: (d) => [d.database(), d.database()],
};

const all = Object.keys(commands);
/** In the reply to a transaction, the order of a hash table would show. */
const ordered = all.filter((name) => name !== 'KEYS');

/** Draws them. */
export class OddCommands {
  readonly #random: Random;
  readonly #now: number;
  readonly #payloads: readonly string[];

  /** @param now - Unix milliseconds that moments are counted from. @param payloads - as DUMP gives them */
  constructor(random: Random, now: number, payloads: readonly string[]) {
    this.#random = random;
    this.#now = now;
    this.#payloads = payloads;
  }

  /** So many commands, about. */
  sequence(count: number): Words[] {
    const sequence: Words[] = [...start];
    while (sequence.length < count) {
      if (this.#random.chance(0.05)) sequence.push(['SET', this.key(), 'gone', 'PXAT', '1']);
      if (this.#random.chance(0.06))
        sequence.push(['MULTI'], ...Array.from({ length: this.#random.integer(0, 4) }, () => this.#one(ordered)), [
          'EXEC',
        ]);
      else sequence.push(this.#one(all));
    }
    return sequence;
  }

  one(...words: readonly string[]): string {
    return this.#random.pick(words);
  }

  maybe(probability: number, make: () => Words): Words {
    return this.#random.chance(probability) ? make() : [];
  }

  /** One to `most` groups of words. */
  some(most: number, make: () => Words): Words {
    return Array.from({ length: this.#random.integer(1, most) }, make).flat();
  }

  key(): string {
    return this.one('s', 'n', 'f', 'b', 'l', 'h', 'm', 'z', 'x', 'e', 'missing', '');
  }

  /** A key that mostly holds a string. */
  string(): string {
    return this.#random.chance(0.2) ? this.key() : this.one('s', 'n', 'f', 'b', 'e', 'missing');
  }

  value(): string {
    return this.one(...values);
  }

  integer(): string {
    return this.one(...integers);
  }

  place(): string {
    return this.#random.chance(0.1) ? this.integer() : String(this.#random.integer(-9, 12));
  }

  database(): string {
    return this.one('0', '0', '1', '2', '16', '-1', 'x', '99999999999');
  }

  second(): string {
    const now = Math.floor(this.#now / 1000);
    return this.one(String(now - 50), String(now + 5000), '1', '0', '-1', '9223372036854775', '9223372036854776', 'x');
  }

  millisecond(): string {
    return this.one(
      String(this.#now - 5000),
      String(this.#now + 5_000_000),
      '1',
      '0',
      '-1',
      '9223372036854775807',
      'x',
    );
  }

  expiring(): Words {
    const name = this.one(...Object.keys(expiring));
    return [name, ...expiring[name]!(this)];
  }

  unit(): Words {
    return this.maybe(0.5, () => [this.one('BIT', 'byte', 'x')]);
  }

  bitField(): Words {
    const field = [this.one(...types), this.one(...offsets)];
    const word = this.one('GET', 'SET', 'incrby', 'INCRBY', 'OVERFLOW');
    if (word === 'OVERFLOW') return [word, this.one('WRAP', 'sat', 'FAIL', 'x')];
    return word === 'GET' ? [word, ...field] : [word, ...field, this.integer()];
  }

  /** Cut short, or with a wrong byte, now and then. */
  payload(): string {
    const payload = this.one(...this.#payloads);
    const place = this.#random.integer(0, payload.length - 1);
    if (this.#random.chance(0.1)) return payload.slice(0, place);
    return this.#random.chance(0.1) ? `${payload.slice(0, place)}\x07${payload.slice(place + 1)}` : payload;
  }

  #one(names: readonly string[]): Words {
    const name = this.#random.chance(0.01) ? this.one(...Object.keys(rare)) : this.#random.pick(names);
    const words = [...(commands[name] ?? rare[name]!)(this)];
    if (words.length > 0 && this.#random.chance(0.08)) {
      const place = this.#random.integer(0, words.length - 1);
      words.splice(place, this.#random.integer(0, 1), ...this.maybe(0.5, () => [this.value()]));
    }
    return [this.#random.chance(0.1) ? name.toLowerCase() : name, ...words];
  }
}
