/**
 * Effects: what a decision writes to Redis, as operations of the apply script.
 *
 * A builder of the script's argument list. It keeps the selected database and counts what it holds, nothing else.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { Expiry } from '../entry/entry.ts';
import { type CellValue, type KindIndex, kindNames, kinds } from '../merge/cell-value.ts';
import type { KeyState, Layer } from '../merge/key-state.ts';
import type { FlushRule } from '../policy/site-rules.ts';
import type { Version } from '../version/version.ts';

/** A test the script makes before one operation; see the script's table. */
export type Test = 's' | 'n' | 'h' | 'i' | 'm' | 'o' | 'z' | 'y' | 'e' | 'x' | 'w';

/** A correction by difference, and the base the cell had when it was decided. */
export interface Settlement {
  readonly db: number;
  readonly key: ByteString;
  readonly kind: KindIndex;
  readonly field: ByteString;
  readonly by: bigint;
  readonly base: Version | undefined;
}

/** The least and the greatest that a server takes as an increment. */
const [leastStep, greatestStep] = [-(2n ** 63n), 2n ** 63n - 1n];

/** Arguments of a command, or elements of a list, that go into one call within the script. */
const mostArguments = 4000;

/** Elements that are read at either end of a list before it is replaced. */
const endsRead = 128;

/** Operations for one call of the apply script. */
export class Effects {
  /**
   * The lists whose ends are read before they are replaced, each of which adds two values to the call's; undefined: none are.
   */
  readonly ends: KeyState[] | undefined;
  /** Arguments for the script, after the marker's six. */
  readonly args: (string | Uint8Array)[] = [];
  /** Operations in `args`. */
  count = 0;
  /** Bytes of keys, fields and values in `args`. */
  bytes = 0;
  /** Whether any operation can need memory. */
  grows = false;
  /** The corrections by difference in `args`. */
  readonly settlements: Settlement[] = [];
  #db = 0;

  /** @param tellsEnds - whether calls are to tell what stood at the ends of lists that they replace. */
  constructor(tellsEnds: boolean = false) {
    this.ends = tellsEnds ? [] : undefined;
  }

  /** Further operations go to this database. */
  select(db: number): void {
    if (db === this.#db) return;
    this.#db = db;
    this.args.push('D', String(db));
  }

  /** A string overwritten. @param expiry - absolute ms, null for none, 'keep' for what it had. */
  set(key: ByteString, value: Uint8Array, expiry: Expiry | 'keep'): void {
    this.bytes += value.length + key.length;
    this.#counted(true);
    if (expiry === null) this.args.push('S', key, value);
    else if (expiry === 'keep') this.args.push('K', key, value);
    else this.args.push('T', key, value, String(expiry));
  }

  delete(key: ByteString): void {
    this.#counted(false);
    this.bytes += key.length;
    this.args.push('X', key);
  }

  /** A cell of any kind written; a string keeps its expiry. */
  write(kind: KindIndex, key: ByteString, field: ByteString, value: CellValue): void {
    if (kind === kinds.string) {
      this.set(key, value as Uint8Array, 'keep');
      return;
    }
    this.#counted(true);
    this.bytes += key.length + field.length;
    if (kind === kinds.hash) {
      this.bytes += (value as Uint8Array).length;
      this.args.push('H', key, field, value as Uint8Array);
    } else if (kind === kinds.set) this.args.push('A', key, field);
    else this.args.push('Z', key, scoreText(value as number), field);
  }

  /** A key deleted unless it is of this kind. */
  clear(kind: KindIndex, key: ByteString): void {
    this.#counted(false);
    this.args.push('C', key, kindNames[kind]!);
  }

  /** A cell of any kind removed; a string is its whole key. */
  remove(kind: KindIndex, key: ByteString, field: ByteString): void {
    if (kind === kinds.string) {
      this.delete(key);
      return;
    }
    this.#counted(false);
    this.bytes += key.length + field.length;
    this.args.push(kind === kinds.hash ? 'h' : kind === kinds.set ? 'a' : 'z', key, field);
  }

  add(kind: KindIndex, key: ByteString, field: ByteString, by: bigint): void {
    this.#counted(true);
    this.bytes += key.length + field.length;
    const step = kind === kinds.zset ? by : stepOf(by);
    const text = step.toString();
    if (kind === kinds.string) this.args.push('I', key, text);
    else if (kind === kinds.hash) this.args.push('J', key, field, text);
    else this.args.push('Y', key, text, field);
    if (step !== by) this.add(kind, key, field, by - step);
  }

  /**
   * Corrects a number by difference, whatever was added to it meanwhile.
   * @param alone - when the cell holds exactly this it is removed instead; '' never.
   */
  settle(settlement: Settlement, alone: string): void {
    this.#counted(true);
    const { kind, key, field, by } = settlement;
    const test: Test = kind === kinds.string ? 's' : kind === kinds.hash ? 'h' : 'z';
    this.settlements.push(settlement);
    let step = kind === kinds.zset ? by : stepOf(by);
    this.args.push('R', test, key, field, step.toString(), alone);
    // What is removed as a whole holds 64 bits: nothing is left to be added.
    for (let left = by - step; left !== 0n && alone === ''; left -= step) {
      step = stepOf(left);
      this.args.push('R', test, key, field, step.toString(), '');
    }
  }

  /** A bit or a sketch element. */
  layer(key: ByteString, layer: Layer): void {
    this.#counted(true);
    this.bytes += key.length;
    if (layer.offset !== undefined) this.args.push('b', key, String(layer.offset), layer.on ? '1' : '0');
    else if (layer.element === null) this.args.push('q', key);
    else {
      this.bytes += layer.element.length;
      this.args.push('p', key, layer.element);
    }
  }

  /** Sorted-set members in a range removed. */
  removeRange(key: ByteString, by: 'score' | 'lex', min: ByteString, max: ByteString): void {
    this.#counted(false);
    this.args.push('r', key, by, min, max);
  }

  /** A command on one key. Pushes of many elements go in several steps. */
  run(key: ByteString, args: readonly Uint8Array[]): void {
    this.#counted(true);
    for (let from = 2; from < args.length || from === 2; from += mostArguments) {
      const part = args.slice(from, from + mostArguments);
      this.args.push('G', String(part.length + 2), args[0]!, key, ...part);
      for (const arg of part) this.bytes += arg.length;
    }
  }

  /** A list that holds these elements and nothing else. */
  replaceList(key: ByteString, elements: readonly Uint8Array[]): void {
    this.delete(key);
    for (let from = 0; from < elements.length; from += mostArguments) {
      const part = elements.slice(from, from + mostArguments);
      this.#counted(true);
      this.args.push('G', String(part.length + 2), 'RPUSH', key);
      for (const element of part) {
        this.args.push(element);
        this.bytes += element.length;
      }
    }
  }

  /** A value from the payload of DUMP. */
  restore(key: ByteString, payload: Uint8Array): void {
    this.#counted(true);
    this.bytes += payload.length;
    this.args.push('G', '5', 'RESTORE', key, '0', payload, 'REPLACE');
  }

  /** When a hash field expires by itself. */
  expireField(key: ByteString, field: ByteString, at: number): void {
    this.#counted(false);
    this.args.push('G', '6', 'HPEXPIREAT', key, String(at), 'FIELDS', '1', field);
  }

  publish(channel: ByteString, message: Uint8Array, sharded: boolean): void {
    this.#counted(false);
    this.args.push('G', '3', sharded ? 'SPUBLISH' : 'PUBLISH', channel, message);
  }

  /** Every key of the selected database, or of all, deleted; the marker stays. */
  flush(all: boolean): void {
    this.#counted(false);
    this.args.push(all ? 'W' : 'F');
  }

  /** The same, but for the keys that rules spare. */
  flushBut(all: boolean, rules: readonly FlushRule[]): void {
    this.#counted(false);
    this.args.push('f', all ? '1' : '0', String(rules.length));
    for (const { list, databases, spares, pattern } of rules) {
      const dbs = databases === undefined ? '' : `,${databases.join(',')},`;
      this.args.push(String(list), dbs, spares ? '1' : '0', pattern);
    }
  }

  /**
   * Remembers what a key holds, through what deletes it, for `putKept`.
   * @param members - only these of a sorted set; none: all of the key.
   */
  keep(key: ByteString, members: readonly ByteString[] = []): void {
    for (let from = 0; from < members.length || from === 0; from += mostArguments) {
      const part = members.slice(from, from + mostArguments);
      this.#counted(false);
      this.args.push('B', key, String(part.length), ...part);
      for (const member of part) this.bytes += member.length;
    }
  }

  /** Writes again what `keep` remembered; without expiries. */
  putKept(): void {
    this.#counted(false);
    this.args.push('U');
  }

  /** What stands at the ends of a list that is about to be replaced, where that is to be told. */
  readEnds(state: KeyState): void {
    if (this.ends === undefined) return;
    this.ends.push(state);
    this.read('LRANGE', state.key, '0', String(endsRead - 1));
    this.read('LRANGE', state.key, String(-endsRead), '-1');
  }

  /** What a command that only reads replies; in the call's values. */
  read(...command: readonly string[]): void {
    this.args.push('V', String(command.length), ...command);
  }

  expire(key: ByteString, at: Expiry): void {
    this.#counted(false);
    if (at === null) this.args.push('P', key);
    else this.args.push('E', key, String(at));
  }

  /** Makes what `then` adds depend on a test. */
  when(test: Test, key: ByteString, field: ByteString, expected: string | Uint8Array, then: () => void): void {
    this.args.push('Q', test, key, field, expected, '0');
    const at = this.args.length;
    then();
    this.args[at - 1] = String(this.args.length - at);
  }

  #counted(grows: boolean): void {
    this.count++;
    if (grows) this.grows = true;
  }
}

/** As much of an increment as a server takes at once. */
function stepOf(by: bigint): bigint {
  return by < leastStep ? leastStep : by > greatestStep ? greatestStep : by;
}

/** A score as Redis reads it. */
export function scoreText(score: number): string {
  if (score === Number.POSITIVE_INFINITY) return 'inf';
  if (score === Number.NEGATIVE_INFINITY) return '-inf';
  return Object.is(score, -0) ? '-0' : String(score);
}
