/** Commands on the bits of strings. The first bit is the highest one of the first byte. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, Refusal, syntaxError } from '../reply.ts';
import { bitFieldCommands } from './bit-fields.ts';
import { parseBitOffset, withLength } from './bit-strings.ts';
import { parseCount } from './counts.ts';
import { parseInteger } from './numbers.ts';

const noBit = 'ERR bit is not an integer or out of range';
const byteBits = 8;
const allBits = 0xff;

type Combine = (a: number, b: number) => number;

const combinations: ReadonlyMap<string, Combine> = new Map<string, Combine>([
  ['AND', (a, b) => a & b],
  ['OR', (a, b) => a | b],
  ['XOR', (a, b) => a ^ b],
  ['NOT', (a) => ~a & allBits],
]);

export const bitCommands: readonly ModelCommand[] = [
  ...bitFieldCommands,
  { name: 'SETBIT', arity: 4, write: true, run: setBit },
  {
    name: 'GETBIT',
    arity: 3,
    write: false,
    run: (call, [key, place]) => {
      const offset = parseBitOffset(place!);
      return bitAt(call.read(key!, 'string')?.text ?? '', offset);
    },
  },
  { name: 'BITCOUNT', arity: -2, write: false, run: countBits },
  { name: 'BITPOS', arity: -3, write: false, run: findBit },
  { name: 'BITOP', arity: -4, write: true, run: combine },
];

function setBit(call: Call, [key, place, wanted]: readonly string[]): ModelReply {
  const offset = parseBitOffset(place!);
  const bit = parseInteger(wanted!, noBit);
  if (bit !== 0n && bit !== 1n) throw new Refusal(noBit);
  const held = call.read(key!, 'string');
  const at = Math.floor(offset / byteBits);
  const text = withLength(held?.text ?? '', at + 1);
  const before = bitAt(text, offset);
  const isLonger = text.length !== held?.text.length;
  if (!isLonger && before === Number(bit)) return before;
  const mask = maskOf(offset);
  const byte = bit === 1n ? text.charCodeAt(at) | mask : text.charCodeAt(at) & ~mask;
  const changed = text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1);
  if (held === undefined) call.put(key!, { type: 'string', text: changed }, -1);
  else held.text = changed;
  call.changed();
  return before;
}

function countBits(call: Call, [key, start, end, unit, ...more]: readonly string[]): ModelReply {
  const text = call.read(key!, 'string')?.text;
  if (text === undefined) return 0;
  if (start === undefined) return onesBetween(text, 0, text.length * byteBits);
  if (end === undefined || more.length > 0) throw new Refusal(syntaxError);
  const [first, last] = [parseCount(start), parseCount(end)];
  if (first < 0 && last < 0 && first > last) return 0;
  return onesBetween(text, ...bounds(text, first, last, inBits(unit)));
}

function findBit(call: Call, [key, wanted, start, end, unit, ...more]: readonly string[]): ModelReply {
  const bit = parseInteger(wanted!);
  if (bit !== 0n && bit !== 1n) throw new Refusal('ERR The bit argument must be 1 or 0.');
  const text = call.read(key!, 'string')?.text;
  if (text === undefined) return bit === 0n ? 0 : -1;
  if (more.length > 0) throw new Refusal(syntaxError);
  const first = parseCount(start ?? '0');
  const isInBits = inBits(unit);
  const [from, to] = bounds(text, first, parseCount(end ?? '-1'), isInBits);
  const found = firstBetween(text, Number(bit), from, to);
  // Zeros follow a string that nobody has given an end.
  return found < 0 && bit === 0n && end === undefined && from < to ? to : found;
}

function combine(call: Call, [word, destination, ...keys]: readonly string[]): ModelReply {
  const name = word!.toUpperCase();
  const operation = combinations.get(name);
  if (operation === undefined) throw new Refusal(syntaxError);
  if (name === 'NOT' && keys.length !== 1) throw new Refusal('ERR BITOP NOT must be called with a single source key.');
  const texts = keys.map((key) => call.read(key, 'string')?.text ?? '');
  const length = texts.reduce((most, text) => Math.max(most, text.length), 0);
  if (length === 0) {
    if (call.drop(destination!)) call.changed();
    return 0;
  }
  let combined = '';
  for (let at = 0; at < length; at++) {
    let byte = byteAt(texts[0]!, at);
    if (name === 'NOT') byte = operation(byte, 0);
    for (let other = 1; other < texts.length; other++) byte = operation(byte, byteAt(texts[other]!, at));
    combined += String.fromCharCode(byte);
  }
  call.find(destination!);
  call.put(destination!, { type: 'string', text: combined }, -1);
  call.changed();
  return length;
}

/** @throws Refusal */
function inBits(unit: string | undefined): boolean {
  const name = unit?.toUpperCase() ?? 'BYTE';
  if (name !== 'BIT' && name !== 'BYTE') throw new Refusal(syntaxError);
  return name === 'BIT';
}

/** The first bit of a range, and the one behind it. Places below zero count from the end. */
function bounds(text: string, first: number, last: number, isInBits: boolean): [from: number, to: number] {
  const total = text.length * (isInBits ? byteBits : 1);
  const fromStart = (place: number): number => Math.max(0, place < 0 ? place + total : place);
  const size = isInBits ? 1 : byteBits;
  return [fromStart(first) * size, Math.min(fromStart(last) + 1, total) * size];
}

function onesBetween(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; ) {
    const end = Math.min(to, at - (at % byteBits) + byteBits);
    for (let bits = bitsBetween(text, at, end); bits !== 0; bits &= bits - 1) count++;
    at = end;
  }
  return count;
}

/** -1 when there is none. */
function firstBetween(text: string, bit: number, from: number, to: number): number {
  for (let at = from; at < to; ) {
    const end = Math.min(to, at - (at % byteBits) + byteBits);
    const ones = bitsBetween(text, at, end);
    const found = bit === 1 ? ones : ones ^ masksBetween(at, end);
    if (found !== 0) return at - (at % byteBits) + Math.clz32(found) - (32 - byteBits);
    at = end;
  }
  return -1;
}

/** The bits of one byte from one place up to another, in their places. */
function bitsBetween(text: string, from: number, to: number): number {
  return text.charCodeAt(Math.floor(from / byteBits)) & masksBetween(from, to);
}

function masksBetween(from: number, to: number): number {
  const behind = byteBits - 1 - ((to - 1) % byteBits);
  return (allBits >> (from % byteBits)) & (allBits << behind) & allBits;
}

function bitAt(text: string, offset: number): 0 | 1 {
  return (byteAt(text, Math.floor(offset / byteBits)) & maskOf(offset)) === 0 ? 0 : 1;
}

function byteAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) : 0;
}

function maskOf(offset: number): number {
  return 1 << (byteBits - 1 - (offset % byteBits));
}
