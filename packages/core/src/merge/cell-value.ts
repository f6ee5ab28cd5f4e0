/** What cells hold, by the kind of their key. */
import { fromByteString, toByteString } from '../bytes/byte-string.ts';

/** The kinds of data a key can hold; the numbers index per-kind arrays. */
export const kinds = { string: 0, hash: 1, set: 2, zset: 3 } as const;
export type Kind = keyof typeof kinds;
export type KindIndex = (typeof kinds)[Kind];
export const kindNames: readonly Kind[] = ['string', 'hash', 'set', 'zset'];

/** What a register can hold: bytes (string, hash field), a score, or `true` (set member). */
export type CellValue = Uint8Array | number | true;

/** The integer a cell value stands for: 0 when absent, undefined when it is none. */
export function integerOf(value: CellValue | null): bigint | undefined {
  if (value === null) return 0n;
  if (value === true) return undefined;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (value.length === 0 || value.length > 20) return undefined;
  const text = toByteString(value);
  return /^(0|-?[1-9][0-9]*)$/.test(text) ? BigInt(text) : undefined;
}

/** An integer as a cell of a kind holds it. */
export function numeral(kind: KindIndex, value: bigint): CellValue {
  return kind === kinds.zset ? Number(value) : fromByteString(value.toString());
}
