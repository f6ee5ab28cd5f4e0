/** Strings as rows of bits: places in them, and numbers of any width between two places. */
import { Refusal } from '../reply.ts';
import { parseInteger } from './numbers.ts';

const noOffset = 'ERR bit offset is not an integer or out of range';
const byteBits = 8;
const mostBits = 512n * 1024n * 1024n * 8n;

/** @param width - what a place behind `#` counts. @throws Refusal */
export function parseBitOffset(text: string, width?: bigint): number {
  const isCounted = width !== undefined && text.startsWith('#');
  const offset = isCounted ? parseInteger(text.slice(1), noOffset) * width : parseInteger(text, noOffset);
  if (offset < 0n || offset >= mostBits) throw new Refusal(noOffset);
  return Number(offset);
}

/** The string with zeros behind it up to a length, if it is shorter. */
export function withLength(text: string, length: number): string {
  return text.length < length ? text.padEnd(length, '\0') : text;
}

/** The number without a sign in so many bits. Zeros follow the string. */
export function bitsAt(text: string, offset: number, width: number): bigint {
  const [first, last] = bytesOf(offset, width);
  let value = 0n;
  for (let at = first; at <= last; at++) value = (value << 8n) | BigInt(at < text.length ? text.charCodeAt(at) : 0);
  return BigInt.asUintN(width, value >> bitsBehind(offset, width));
}

/** The string with a number in so many of its bits, which must be there. */
export function withBitsAt(text: string, offset: number, width: number, value: bigint): string {
  const [first, last] = bytesOf(offset, width);
  const behind = bitsBehind(offset, width);
  const count = last - first + 1;
  const whole = bitsAt(text, first * byteBits, count * byteBits);
  let changed = whole ^ ((BigInt.asUintN(width, value) ^ bitsAt(text, offset, width)) << behind);
  let bytes = '';
  for (let left = count; left > 0; left--) {
    bytes = String.fromCharCode(Number(changed & 0xffn)) + bytes;
    changed >>= 8n;
  }
  return text.slice(0, first) + bytes + text.slice(last + 1);
}

function bytesOf(offset: number, width: number): [first: number, last: number] {
  return [Math.floor(offset / byteBits), Math.floor((offset + width - 1) / byteBits)];
}

function bitsBehind(offset: number, width: number): bigint {
  return BigInt(byteBits - 1 - ((offset + width - 1) % byteBits));
}
