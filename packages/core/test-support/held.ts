/** What a key of the keyspace in memory holds, and how to tell. */

export type HeldKind = 'string' | 'hash' | 'set' | 'zset' | 'list';
/** A set member holds `true`. */
export type Held = string | number | true;

/** What a key holds. */
export interface Key {
  readonly kind: HeldKind;
  readonly cells: Map<string, Held>;
  /** Absolute ms; -1 for none. */
  expiry: number;
}

const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;

/** A 64-bit integer as Redis reads it from a value. */
export function strictInteger(text: string): bigint | undefined {
  if (!/^(0|-?[1-9][0-9]{0,18})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < least || value > most ? undefined : value;
}

/** A score as Redis writes it. */
export function scoreOf(text: string): number {
  return /^[+-]?inf$/.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
}

/** A line about one key: what it is, what it holds, when it expires. */
export function describeKey(kind: HeldKind, cells: ReadonlyMap<string, Held>, expiry: number | bigint): string {
  const held = [...cells].map(([field, value]) => `${JSON.stringify(field)}=${JSON.stringify(String(value))}`);
  return `${kind} {${held.sort().join(' ')}}${expiry === -1 ? '' : ` until ${expiry}`}`;
}
