/**
 * Byte strings: the core's form of Redis keys, fields and members.
 *
 * A `ByteString` is a JavaScript string in which every character stands for one byte (code unit 0 to 255, "latin1").
 * It is what a `Map` can be keyed by, compares with `===`, and carries any binary key without loss. It is *not* text:
 * nothing here decodes UTF-8. Values, which are never looked up, stay `Uint8Array`.
 */

/** A string of which every code unit is one byte, 0 to 255. */
export type ByteString = string;

/** Up to this length the codes go in a plain array, which `apply` takes in half the time of a typed one. */
const shortLength = 40;
/** Arguments longer than this are turned into strings in slices, so that `apply` never meets an engine's argument limit. */
const sliceLength = 4096;

/** The bytes from `start` to `end` (exclusive) of `bytes` as a byte string. */
export function toByteString(bytes: Uint8Array, start: number = 0, end: number = bytes.length): ByteString {
  if (end - start <= shortLength) return fromFewCodes(bytes, start, end - start);
  if (end - start <= sliceLength) return fromCodes(bytes.subarray(start, end));
  let text = '';
  for (let at = start; at < end; at += sliceLength)
    text += fromCodes(bytes.subarray(at, Math.min(end, at + sliceLength)));
  return text;
}

/** The bytes of a byte string. Code units above 255 are a caller's error and keep only their low byte. */
export function fromByteString(text: ByteString): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Whether two byte sequences are equal. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function fromFewCodes(bytes: Uint8Array, start: number, length: number): string {
  const codes = new Array<number>(length);
  for (let i = 0; i < length; i++) codes[i] = bytes[start + i]!;
  return String.fromCharCode.apply(null, codes);
}

function fromCodes(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}
