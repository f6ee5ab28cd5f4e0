/** What cells hold, by the kind of their key. */
import { fromByteString, toByteString } from '../bytes/byte-string.ts';

/** The kinds of data a key can hold; the numbers index per-kind arrays. */
export const kinds = { string: 0, hash: 1, set: 2, zset: 3, list: 4, stream: 5, module: 6 } as const;
export type Kind = keyof typeof kinds;
export type KindIndex = (typeof kinds)[Kind];
export const kindNames: readonly Kind[] = ['string', 'hash', 'set', 'zset', 'list', 'stream', 'module'];

/** What a register can hold: bytes (string, hash field), a score, `true` (set member), or a stream cell's values. */
export type CellValue = Uint8Array | number | true | readonly Uint8Array[];

/** The integer a cell value stands for: 0 when absent, undefined when it is none. */
export function integerOf(value: CellValue | null): bigint | undefined {
  if (value === null) return 0n;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (!(value instanceof Uint8Array)) return undefined;
  if (value.length === 0 || value.length > 20) return undefined;
  const text = toByteString(value);
  return /^(0|-?[1-9][0-9]*)$/.test(text) ? BigInt(text) : undefined;
}

const [least, greatest] = [-(2n ** 63n), 2n ** 63n - 1n];

/** An integer as a cell of a kind holds it; what goes beyond 64 bits stays at their end. */
export function numeral(kind: KindIndex, value: bigint): CellValue {
  return kind === kinds.zset ? Number(value) : fromByteString(saturated(value).toString());
}

/** Whether an integer is the least or the greatest of 64 bits: a sum may have gone beyond it. */
export function isAtEnd(value: bigint): boolean {
  return value === least || value === greatest;
}

/** Whether a sum has gone beyond 64 bits. */
export function isBeyond(value: bigint): boolean {
  return value < least || value > greatest;
}

function saturated(value: bigint): bigint {
  return value < least ? least : value > greatest ? greatest : value;
}
