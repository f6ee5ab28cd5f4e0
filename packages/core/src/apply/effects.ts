/**
 * Effects: what a decision writes to Redis, as operations of the apply script.
 *
 * A builder of the script's argument list. It keeps the selected database and counts what it holds, nothing else.
 */
import type { ByteString } from '../bytes/byte-string.ts';
import { type CellValue, type KindIndex, kindNames, kinds } from '../merge/cell-value.ts';
import type { Version } from '../version/version.ts';

/** A test the script makes before one operation; see the script's table. */
export type Test = 's' | 'n' | 'h' | 'i' | 'm' | 'o' | 'z' | 'y' | 'e';

/** A correction by difference, and the base the cell had when it was decided. */
export interface Settlement {
  readonly db: number;
  readonly key: ByteString;
  readonly kind: KindIndex;
  readonly field: ByteString;
  readonly by: bigint;
  readonly base: Version | undefined;
}

/** Operations for one call of the apply script. */
export class Effects {
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

  /** Further operations go to this database. */
  select(db: number): void {
    if (db === this.#db) return;
    this.#db = db;
    this.args.push('D', String(db));
  }

  /** A string overwritten. @param expiry - absolute ms, null for none, 'keep' for what it had. */
  set(key: ByteString, value: Uint8Array, expiry: number | null | 'keep'): void {
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
    const text = by.toString();
    if (kind === kinds.string) this.args.push('I', key, text);
    else if (kind === kinds.hash) this.args.push('J', key, field, text);
    else this.args.push('Y', key, text, field);
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
    this.args.push('R', test, key, field, by.toString(), alone);
  }

  expire(key: ByteString, at: number | null): void {
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

/** A score as Redis reads it. */
export function scoreText(score: number): string {
  if (score === Number.POSITIVE_INFINITY) return 'inf';
  if (score === Number.NEGATIVE_INFINITY) return '-inf';
  return Object.is(score, -0) ? '-0' : String(score);
}
