/** BITFIELD: numbers of any width at any place of a string. */
import type { Call, ModelCommand } from '../call.ts';
import { integer, type ModelReply, Refusal, syntaxError } from '../reply.ts';
import { bitsAt, parseBitOffset, withBitsAt, withLength } from './bit-strings.ts';
import { parseInteger } from './numbers.ts';

type Overflow = 'WRAP' | 'SAT' | 'FAIL';

interface Operation {
  readonly kind: 'GET' | 'SET' | 'INCRBY';
  readonly offset: number;
  readonly width: number;
  readonly isSigned: boolean;
  readonly overflow: Overflow;
  readonly operand: bigint;
}

const noType = 'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.';

export const bitFieldCommands: readonly ModelCommand[] = [
  { name: 'BITFIELD', arity: -2, write: true, run: (call, args) => bitField(call, args, false) },
  { name: 'BITFIELD_RO', arity: -2, write: false, run: (call, args) => bitField(call, args, true) },
];

function bitField(call: Call, [key, ...words]: readonly string[], isReadOnly: boolean): ModelReply {
  const operations = operationsOf(words);
  const writes = operations.filter(({ kind }) => kind !== 'GET');
  if (isReadOnly && writes.length > 0) throw new Refusal('ERR BITFIELD_RO only supports the GET subcommand');
  const held = call.read(key!, 'string');
  const end = writes.reduce((most, { offset, width }) => Math.max(most, offset + width), 0);
  let text = withLength(held?.text ?? '', Math.ceil(end / 8));
  const isLonger = text.length !== (held?.text ?? '').length;
  let hasChanged = false;
  const replies = operations.map((operation) => {
    const before = valueAt(text, operation);
    if (operation.kind === 'GET') return integer(before);
    const after = changed(before, operation);
    if (after === undefined) return null;
    text = withBitsAt(text, operation.offset, operation.width, after);
    hasChanged ||= isLonger || before !== after;
    return integer(operation.kind === 'SET' ? before : after);
  });
  if (writes.length === 0) return replies;
  // Redis keeps what was only lengthened, and tells nobody.
  if (held === undefined) call.put(key!, { type: 'string', text }, -1);
  else held.text = text;
  if (hasChanged) call.changed();
  return replies;
}

/** @throws Refusal */
function operationsOf(words: readonly string[]): Operation[] {
  const operations: Operation[] = [];
  let overflow: Overflow = 'WRAP';
  for (let at = 0; at < words.length; ) {
    const kind = words[at]!.toUpperCase();
    const left = words.length - at - 1;
    if (kind === 'OVERFLOW' && left >= 1) {
      overflow = overflowOf(words[at + 1]!);
      at += 2;
      continue;
    }
    const size = kind === 'GET' ? 2 : 3;
    if ((kind !== 'GET' && kind !== 'SET' && kind !== 'INCRBY') || left < size) throw new Refusal(syntaxError);
    const { isSigned, width } = typeOf(words[at + 1]!);
    const offset = parseBitOffset(words[at + 2]!, BigInt(width));
    const operand = kind === 'GET' ? 0n : parseInteger(words[at + 3]!);
    operations.push({ kind, offset, width, isSigned, overflow, operand });
    at += size + 1;
  }
  return operations;
}

/** @throws Refusal */
function overflowOf(word: string): Overflow {
  const overflow = word.toUpperCase();
  if (overflow !== 'WRAP' && overflow !== 'SAT' && overflow !== 'FAIL')
    throw new Refusal('ERR Invalid OVERFLOW type specified');
  return overflow;
}

/** @throws Refusal */
function typeOf(word: string): { isSigned: boolean; width: number } {
  const isSigned = word.startsWith('i');
  if (!isSigned && !word.startsWith('u')) throw new Refusal(noType);
  const width = parseInteger(word.slice(1).split('\0', 1)[0]!, noType);
  if (width < 1n || width > (isSigned ? 64n : 63n)) throw new Refusal(noType);
  return { isSigned, width: Number(width) };
}

function valueAt(text: string, { offset, width, isSigned }: Operation): bigint {
  const bits = bitsAt(text, offset, width);
  return isSigned ? BigInt.asIntN(width, bits) : bits;
}

/** The value after the operation; undefined when it does not fit and must not be made to. */
function changed(before: bigint, { kind, width, isSigned, overflow, operand }: Operation): bigint | undefined {
  // A negative number that is set without a sign is a great one.
  const wanted = kind === 'INCRBY' ? before + operand : isSigned ? operand : BigInt.asUintN(64, operand);
  const least = isSigned ? -(1n << BigInt(width - 1)) : 0n;
  const most = isSigned ? -least - 1n : (1n << BigInt(width)) - 1n;
  if (wanted >= least && wanted <= most) return wanted;
  if (overflow === 'FAIL') return undefined;
  if (overflow === 'SAT') return wanted > most ? most : least;
  return isSigned ? BigInt.asIntN(width, wanted) : BigInt.asUintN(width, wanted);
}
