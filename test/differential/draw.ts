/**
 * Where generator rows draw from: a small universe of keys, each meant for one kind of content, and values of every
 * awkward sort. Everything follows from the seed and the base time; it asks no server.
 *
 * One key in twelve is meant for another kind, so that wrong types are met. Two kinds of sorted sets are kept apart from
 * that, because Redis leaves to chance what else would happen (two servers differ): searching places among scores that
 * are no places, and ranges by name among scores that are not all the same.
 */
import { Random } from '../../apps/demo/src/lab/index.ts';
import type { Group, Words } from './row.ts';

/** What a key is meant for. `n` are strings that hold numbers, `g` places on the globe. */
export type Kind = 's' | 'n' | 'h' | 'm' | 'z' | 'l' | 'x' | 'b' | 'p' | 'g';

const kindsOf: Readonly<Record<string, readonly Kind[]>> = {
  strings: ['s', 'n'],
  hashes: ['h'],
  sets: ['m'],
  zsets: ['z'],
  lists: ['l'],
  streams: ['x'],
  bits: ['b'],
  hll: ['p'],
  geo: ['g'],
};

/** Values as DUMP gives them, by kind, and sets of libraries as FUNCTION DUMP does: of one, and of two. */
export interface Payloads {
  readonly keys: Readonly<Record<Kind, readonly string[]>>;
  readonly functions: readonly [string, string];
}

export interface DrawOptions {
  readonly seed: number;
  /** Shows in values, so that it can be told who wrote them. */
  readonly site: string;
  /** Keeps the keys of one run from those of another. */
  readonly prefix: string;
  /** Unix ms that absolute expiries are counted from. */
  readonly now: number;
  readonly groups: readonly Group[];
  /** Names of generators that are not drawn. */
  readonly without: ReadonlySet<string>;
  /** Only what has one outcome, whenever it runs. */
  readonly determinate: boolean;
  /** Whether whole-server commands may be drawn that destroy everybody's keys. */
  readonly flushAll: boolean;
  readonly payloads: Payloads;
}

const second = 1000;
const hour = 3_600_000;

export class Draw {
  readonly random: Random;
  readonly options: DrawOptions;
  readonly kinds: readonly Kind[];
  /** Keys drawn since somebody emptied it. */
  drawn: string[] = [];
  /** Draws a whole command that is allowed in scripts. Set by the stream. */
  inner: () => Words = () => ['PING'];
  #count = 0;
  #ids = new Map<string, number>();

  constructor(options: DrawOptions) {
    this.options = options;
    this.random = new Random(options.seed);
    this.kinds = options.groups.flatMap((group) => kindsOf[group] ?? []);
    if (this.kinds.length === 0) this.kinds = ['s', 'n'];
  }

  get determinate(): boolean {
    return this.options.determinate;
  }

  has(group: Group): boolean {
    return this.options.groups.includes(group);
  }

  /** A key meant for such content, mostly. */
  key(kind: Kind): string {
    const meant = this.random.chance(1 / 12) || !this.kinds.includes(kind) ? this.#wrongKind(kind) : kind;
    return this.#keyOf(meant);
  }

  /** A key meant for such content, always. */
  pureKey(kind: Kind): string {
    return this.#keyOf(this.kinds.includes(kind) ? kind : this.#wrongKind(kind));
  }

  /** A sorted set whose scores are all 0, or nothing. */
  lexKey(): string {
    const key = `${this.options.prefix}:y${this.random.integer(0, 1)}`;
    this.drawn.push(key);
    return key;
  }

  keys(kind: Kind, least: number, most: number): string[] {
    return this.times(least, most, () => this.key(kind));
  }

  /** Two keys or more whose contents are meant alike, whatever it is. */
  alike(count: number): string[] {
    const kind = this.anyKind();
    if (kind === 'z' && this.random.chance(0.2)) return this.times(count, count, () => this.lexKey());
    return this.times(count, count, () => (kind === 'g' ? this.pureKey(kind) : this.key(kind)));
  }

  anyKey(): string {
    const kind = this.anyKind();
    return kind === 'z' && this.random.chance(0.2) ? this.lexKey() : this.key(kind);
  }

  anyKind(): Kind {
    return this.random.pick(this.kinds);
  }

  /** Another kind's payload now and then. */
  payload(kind: Kind): string {
    const meant = kind !== 'g' && this.random.chance(1 / 12) ? this.#wrongKind(kind) : kind;
    return this.random.pick(this.options.payloads.keys[meant]);
  }

  db(): number {
    return this.random.pick([0, 0, 0, 0, 1, 2]);
  }

  value(): string {
    const { random } = this;
    const sort = random.next();
    const mark = `${this.options.site}${++this.#count}`;
    if (sort < 0.04) return '';
    if (sort < 0.12) return this.bytes(random.integer(1, 30));
    if (sort < 0.15) return mark.padEnd(random.integer(1000, 6000), 'xyz');
    if (sort < 0.25) return this.integer();
    if (sort < 0.3) return this.float();
    if (sort < 0.4) return mark.padEnd(random.integer(60, 130), '.');
    return mark;
  }

  bytes(length: number): string {
    return String.fromCharCode(...Array.from({ length }, () => this.random.integer(0, 255)));
  }

  /** Small mostly, near the limits of 64 bits sometimes. */
  integer(): string {
    const { random } = this;
    if (random.chance(0.015))
      return random.pick(['9223372036854775807', '-9223372036854775808', '9223372036854775800']);
    if (random.chance(0.05)) return String(random.integer(-(2 ** 52), 2 ** 52));
    return String(random.integer(-50, 100));
  }

  float(): string {
    return this.random.pick([
      '0.1',
      '-2.5',
      '3.0e3',
      '1e-7',
      '12345.678901',
      '-0',
      '10',
      '1.7e300',
      '0.30000000000000004',
    ]);
  }

  field(): string {
    return this.random.chance(0.05) ? this.bytes(2) : `f${this.random.integer(0, 11)}`;
  }

  member(): string {
    if (this.random.chance(0.1)) return String(this.random.integer(0, 15));
    return this.random.chance(0.04) ? this.bytes(2) : `m${this.random.integer(0, 19)}`;
  }

  members(least: number, most: number): string[] {
    return this.times(least, most, () => this.member());
  }

  score(): string {
    const { random } = this;
    const sort = random.next();
    if (sort < 0.04) return random.pick(['inf', '-inf', '+inf']);
    if (sort < 0.2) return this.float();
    if (sort < 0.24) return random.pick(['9007199254740993', '-9007199254740992', '1e17']);
    return String(random.integer(-20, 40));
  }

  scoreBound(): string {
    if (this.random.chance(0.1)) return this.random.pick(['-inf', '+inf']);
    return `${this.random.chance(0.3) ? '(' : ''}${this.random.integer(-20, 40)}`;
  }

  lexBound(): string {
    if (this.random.chance(0.15)) return this.random.pick(['-', '+']);
    return `${this.random.pick(['[', '('])}m${this.random.integer(0, 19)}`;
  }

  /** A place in a list or a sorted set, also from its end or beyond it. */
  place(): string {
    return String(this.random.integer(-8, 12));
  }

  count(most = 4): string {
    return String(this.random.integer(1, most));
  }

  /** The next entry's ID for a stream; out of order sometimes. */
  nextId(key: string): string {
    if (!this.determinate && this.random.chance(0.25)) return '*';
    const last = (this.#ids.get(key) ?? 0) + (this.random.chance(0.06) ? -2 : this.random.integer(1, 2));
    this.#ids.set(key, Math.max(last, this.#ids.get(key) ?? 0));
    return this.random.chance(0.06) ? `${Math.max(1, last)}-*` : `${Math.max(1, last)}-${this.random.integer(0, 2)}`;
  }

  /** An ID that an entry may have. */
  knownId(key: string): string {
    const last = this.#ids.get(key) ?? 3;
    return `${Math.max(1, last - this.random.integer(0, 12))}-${this.random.integer(0, 2)}`;
  }

  group(): string {
    return `g${this.random.integer(0, 1)}`;
  }

  consumer(): string {
    return `c${this.random.integer(0, 2)}`;
  }

  /**
   * Unix ms: past, soon, or long after the run; soon only where the hour may matter. There, the past is past even where it is
   * rounded up to seconds.
   */
  expiryAt(): number {
    const sort = this.random.next();
    if (sort < 0.12) return this.options.now - this.random.integer(this.determinate ? second : 1, 100_000);
    if (sort < 0.4 && !this.determinate) return this.options.now + this.random.integer(20, second);
    return this.options.now + hour + this.random.integer(0, hour);
  }

  /** Ms from now on. */
  lifetime(): number {
    const sort = this.random.next();
    if (sort < 0.1) return this.random.integer(-100, 0);
    return sort < 0.4 ? this.random.integer(20, second) : hour + this.random.integer(0, hour);
  }

  /** Options of SET and GETEX that set an expiry. Seconds are rounded up. */
  expiryOption(): string[] {
    const absolute = this.random.chance(0.5) || this.determinate;
    const ms = absolute ? this.expiryAt() : Math.max(1, this.lifetime());
    const inSeconds = this.random.chance(0.4);
    const time = inSeconds ? Math.ceil(ms / second) : ms;
    return [absolute ? (inSeconds ? 'EXAT' : 'PXAT') : inSeconds ? 'EX' : 'PX', String(time)];
  }

  /** Seconds that a blocking command waits: long where it is always served or released. */
  timeout(): string {
    return this.determinate ? '20' : this.random.pick(['0.01', '0.02', '0.1']);
  }

  /** The words given, with such a probability; else none. */
  maybe(probability: number, ...words: readonly string[]): readonly string[] {
    return this.random.chance(probability) ? words : [];
  }

  one(...choices: readonly string[]): string {
    return this.random.pick(choices);
  }

  times<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: this.random.integer(least, most) }, make);
  }

  /** Up to `most` words or groups of them; a large batch now and then. */
  batch(most: number): number {
    return this.random.chance(0.04) ? this.random.integer(30, 80) : this.random.integer(1, most);
  }

  /** `least` to `most` groups of words in one list. */
  flat(least: number, most: number, make: () => readonly string[]): string[] {
    return this.times(least, most, make).flat();
  }

  #wrongKind(kind: Kind): Kind {
    const others = this.kinds.filter((other) => other !== 'g');
    return others.length === 0 ? kind : this.random.pick(others);
  }

  #keyOf(kind: Kind): string {
    const { prefix } = this.options;
    const names = [
      `${prefix}:${kind}0`,
      `{${prefix}}:${kind}1`,
      `${prefix}:${kind}2\xff\x00\r\n`,
      kind === 's' ? '' : kind === 'l' ? `entwine:${prefix}` : `${prefix}:${kind}3`,
    ];
    const key = this.random.pick(names);
    this.drawn.push(key);
    return key;
  }
}
