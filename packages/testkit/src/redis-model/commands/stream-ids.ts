/** IDs of stream entries, as commands take and show them. */
import { Refusal } from '../reply.ts';
import type { StreamId } from '../values.ts';

const partBits = 64n;
export const greatestPart: bigint = (1n << partBits) - 1n;
export const greatestId: StreamId = (1n << (2n * partBits)) - 1n;

const invalidId = 'ERR Invalid stream ID specified as stream command argument';
const longestId = 127;
const usual = /^(0|[1-9]\d{0,18})-(0|[1-9]\d{0,18})$/;
const signed = /^[ \t-\r]*([+-]?)(\d+)$/;
const canonicalNegative = /^-[1-9]\d*$/;

export function idOf(ms: bigint, seq: bigint): StreamId {
  return (ms << partBits) | seq;
}

export function msOf(id: StreamId): bigint {
  return id >> partBits;
}

export function seqOf(id: StreamId): bigint {
  return id & greatestPart;
}

export function showId(id: StreamId): string {
  return `${id >> partBits}-${id & greatestPart}`;
}

/** @param missing - the sequence number where none is given. @throws Refusal */
export function parseId(text: string, missing: bigint = 0n): StreamId {
  const [, ms, seq] = usual.exec(text) ?? [];
  if (ms !== undefined && seq !== undefined) return idOf(BigInt(ms), BigInt(seq));
  const id = readId(text, missing);
  if (id === undefined) throw new Refusal(invalidId);
  return id;
}

/** As `parseId`; undefined in place of a refusal. */
export function readId(text: string, missing: bigint = 0n): StreamId | undefined {
  const parts = text.length > longestId ? [] : partsOf(text);
  const ms = readPart(parts[0] ?? '');
  const seq = parts[1] === undefined ? missing : readPart(parts[1]);
  return ms === undefined || seq === undefined ? undefined : idOf(ms, seq);
}

/** The milliseconds of `ms-*`; undefined for anything else. @throws Refusal */
export function parseOpenId(text: string): bigint | undefined {
  if (text.length > longestId) return undefined;
  const [ms = '', seq] = partsOf(text);
  if (seq !== '*') return undefined;
  const read = readPart(ms);
  if (read === undefined) throw new Refusal(invalidId);
  return read;
}

/** An ID, or `-` or `+` for the least and the greatest. @throws Refusal */
export function parseIdOrEnd(text: string, missing: bigint = 0n): StreamId {
  if (text === '-') return 0n;
  return text === '+' ? greatestId : parseId(text, missing);
}

/** The first ID of a range, without the one behind a `(`. @throws Refusal */
export function parseRangeStart(text: string): StreamId {
  if (!isOpen(text)) return parseIdOrEnd(text);
  const id = parseId(text.slice(1));
  if (id === greatestId) throw new Refusal('ERR invalid start ID for the interval');
  return id + 1n;
}

/** The last ID of a range, without the one behind a `(`. @throws Refusal */
export function parseRangeEnd(text: string): StreamId {
  if (!isOpen(text)) return parseIdOrEnd(text, greatestPart);
  const id = parseId(text.slice(1), greatestPart);
  if (id === 0n) throw new Refusal('ERR invalid end ID for the interval');
  return id - 1n;
}

function isOpen(text: string): boolean {
  return text.length > 1 && text.startsWith('(');
}

/** The milliseconds and what stands behind the first dash, up to a NUL. */
function partsOf(text: string): readonly string[] {
  const shown = text.split('\0', 1)[0]!;
  const dash = shown.indexOf('-');
  return dash < 0 ? [shown] : [shown.slice(0, dash), shown.slice(dash + 1)];
}

/** In the way of C: spaces before it and a sign may stand, and what is below zero is counted from the top. */
function readPart(text: string): bigint | undefined {
  const [, sign, digits] = signed.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const value = BigInt(digits);
  if (value > greatestPart) return undefined;
  if (canonicalNegative.test(text) && value <= 1n << (partBits - 1n)) return undefined;
  return sign === '-' ? BigInt.asUintN(Number(partBits), -value) : value;
}
