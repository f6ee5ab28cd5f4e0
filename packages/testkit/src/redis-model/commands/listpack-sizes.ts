/** How many bytes the elements of a listpack take: streams begin a new node when one has grown too large. */

/** The bytes around the elements. */
export const listpackOverhead = 7;

/** Integers that take so many bytes lie from the negative bound up to, not including, the positive one. */
const integerSizes: readonly (readonly [bytes: number, from: number, end: number])[] = [
  [1, 0, 128],
  [2, -4096, 4096],
  [3, -32_768, 32_768],
  [4, -8_388_608, 8_388_608],
  [5, -2_147_483_648, 2_147_483_648],
];
const largestInteger = 9;
const canonical = /^(?:0|-?[1-9]\d{0,18})$/;
const surelyInteger = 18;

export function integerBytes(value: number | bigint): number {
  for (const [bytes, from, end] of integerSizes) if (value >= from && value < end) return bytes + 1;
  return largestInteger + 1;
}

/** Texts that are integers of 64 bits are kept as such. */
export function textBytes(text: string): number {
  if (canonical.test(text)) {
    if (text.length <= surelyInteger) return integerBytes(Number(text));
    const value = BigInt(text);
    if (BigInt.asIntN(64, value) === value) return integerBytes(value);
  }
  const { length } = text;
  const encoded = length + (length < 64 ? 1 : length < 4096 ? 2 : 5);
  return encoded + backLengthBytes(encoded);
}

/** Every element ends with its own length, in seven bits to a byte. */
function backLengthBytes(encoded: number): number {
  if (encoded < 128) return 1;
  if (encoded < 16_383) return 2;
  if (encoded < 2_097_151) return 3;
  return encoded < 268_435_455 ? 4 : 5;
}
