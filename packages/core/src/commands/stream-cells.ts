/**
 * Cells of a stream: what the op `stream` names and holds.
 *
 * | cell | name | value | several writers |
 * |---|---|---|---|
 * | entry | `i` id | field, value, field, value … | see `merge/stream-entry.ts` |
 * | last ID | `l` | [id]: raised to at least this (XSETID) | the highest counts |
 * | position | `g` group | [id, entries read]: created or set there | newest wins |
 * | advance | `a` group | [id]: read at least so far | the highest newer than the position counts |
 * | end of a group | `d` group | always `null` | newest; kills what is older of the group |
 * | consumer | `c` length group consumer | []: there | newest wins |
 * | end of a consumer | `k` length group consumer | always `null` | newest; kills its older deliveries |
 * | delivery | `p` group id | [consumer, time in ms, count]; `null`: acknowledged | newest wins |
 *
 * An ID is 16 bytes: milliseconds and sequence, big endian, 64 bits each; IDs compare as strings. `length` is that of the
 * group's name in 4 bytes. Entries read are a decimal, -1 when unknown. Nothing here knows a version.
 */
import { type ByteString, equalBytes, fromByteString, toByteString } from '../bytes/byte-string.ts';
import type { Command } from '../resp/command.ts';

/** What a cell holds. */
export type StreamValue = readonly Uint8Array[];

/** A cell's name, taken apart. */
export type StreamCell =
  | { readonly type: 'entry'; readonly id: ByteString }
  | { readonly type: 'last' }
  | { readonly type: 'position' | 'advance' | 'groupEnd'; readonly group: ByteString }
  | { readonly type: 'consumer'; readonly group: ByteString; readonly consumer: ByteString }
  | { readonly type: 'consumerEnd'; readonly group: ByteString; readonly consumer: ByteString }
  | { readonly type: 'delivery'; readonly group: ByteString; readonly id: ByteString };

/** Bytes of an ID. */
export const idBytes = 16;
/** The ID below every other; no entry has it. */
export const lowestId: ByteString = '\0'.repeat(idBytes);
/** The ID above every other. */
export const highestId: ByteString = '\xff'.repeat(idBytes);

/** Name of the cell of the last ID. */
export const lastCell: ByteString = 'l';
export const entryCell = (id: ByteString): ByteString => `i${id}`;
export const positionCell = (group: ByteString): ByteString => `g${group}`;
export const advanceCell = (group: ByteString): ByteString => `a${group}`;
export const groupEndCell = (group: ByteString): ByteString => `d${group}`;
export const deliveryCell = (group: ByteString, id: ByteString): ByteString => `p${group}${id}`;
export const consumerCell = (group: ByteString, consumer: ByteString): ByteString => `c${joined(group, consumer)}`;
export const consumerEndCell = (group: ByteString, consumer: ByteString): ByteString => `k${joined(group, consumer)}`;

/** A cell's name taken apart; undefined when it is none. */
export function parseCell(cell: ByteString): StreamCell | undefined {
  switch (cell[0]) {
    case 'i':
      return cell.length === 1 + idBytes ? { type: 'entry', id: cell.slice(1) } : undefined;
    case 'l':
      return cell.length === 1 ? { type: 'last' } : undefined;
    case 'g':
      return { type: 'position', group: cell.slice(1) };
    case 'a':
      return { type: 'advance', group: cell.slice(1) };
    case 'd':
      return { type: 'groupEnd', group: cell.slice(1) };
    case 'c':
      return splitName('consumer', cell);
    case 'k':
      return splitName('consumerEnd', cell);
    case 'p':
      if (cell.length < 1 + idBytes) return undefined;
      return { type: 'delivery', group: cell.slice(1, -idBytes), id: cell.slice(-idBytes) };
    default:
      return undefined;
  }
}

/** Whether two values are the same. */
export function equalValues(a: StreamValue | null, b: StreamValue | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!equalBytes(a[i]!, b[i]!)) return false;
  return true;
}

/** The value of a last ID or an advance. */
export function idValue(id: ByteString): StreamValue {
  return [fromByteString(id)];
}

/** The value of a position. @param entriesRead - a decimal; `-1` when unknown. */
export function positionValue(id: ByteString, entriesRead: ByteString): StreamValue {
  return [fromByteString(id), fromByteString(entriesRead)];
}

/** The ID that a last ID, an advance or a position holds; undefined when it holds none. */
export function idOf(value: StreamValue): ByteString | undefined {
  const bytes = value[0];
  return bytes?.length === idBytes ? toByteString(bytes) : undefined;
}

/** The 16 bytes of an ID. */
export function idFrom(ms: bigint, seq: bigint): ByteString {
  return half(Number(ms >> 32n), Number(ms & 0xffffffffn)) + half(Number(seq >> 32n), Number(seq & 0xffffffffn));
}

/** An ID from its text (`ms-seq`, `ms`); undefined when it is none. */
export function parseId(text: ByteString): ByteString | undefined {
  return parseBytes(fromByteString(text), 0, text.length);
}

/** Argument `i` as an ID; undefined when it is none (`*`, `$`, `+` …) or missing. A missing sequence is 0. */
export function idArgument(command: Command, i: number): ByteString | undefined {
  const start = command.spans[2 * i];
  return start === undefined ? undefined : parseBytes(command.bytes, start, command.spans[2 * i + 1]!);
}

/** An ID as Redis writes it. */
export function idText(id: ByteString): string {
  return `${halfText(id, 0)}-${halfText(id, 8)}`;
}

/** The ID right after one; the highest stays. */
export function nextId(id: ByteString): ByteString {
  return neighbour(id, 0xff, 0, 1) ?? highestId;
}

/** The ID right before one; the lowest stays. */
export function previousId(id: ByteString): ByteString {
  return neighbour(id, 0, 0xff, -1) ?? lowestId;
}

function neighbour(id: ByteString, limit: number, carried: number, step: number): ByteString | undefined {
  for (let i = idBytes - 1; i >= 0; i--) {
    const code = id.charCodeAt(i);
    if (code === limit) continue;
    return id.slice(0, i) + String.fromCharCode(code + step) + String.fromCharCode(carried).repeat(idBytes - 1 - i);
  }
  return undefined;
}

const dash = 45;

function parseBytes(bytes: Uint8Array, start: number, end: number): ByteString | undefined {
  let middle = start;
  while (middle < end && bytes[middle] !== dash) middle++;
  const ms = parseHalf(bytes, start, middle);
  if (ms === undefined) return undefined;
  const seq = middle === end ? half(0, 0) : parseHalf(bytes, middle + 1, end);
  return seq === undefined ? undefined : ms + seq;
}

/** Up to this many digits are a safe integer. */
const safeDigits = 15;
const most = 2n ** 64n - 1n;

function parseHalf(bytes: Uint8Array, start: number, end: number): ByteString | undefined {
  if (start === end || end - start > 20) return undefined;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  if (end - start <= safeDigits) return half(Math.floor(value / 4294967296), value >>> 0);
  const exact = BigInt(toByteString(bytes, start, end));
  return exact > most ? undefined : half(Number(exact >> 32n), Number(exact & 0xffffffffn));
}

function half(high: number, low: number): ByteString {
  const [b, c, d] = [(high >>> 16) & 255, (high >>> 8) & 255, high & 255];
  const [f, g, h] = [(low >>> 16) & 255, (low >>> 8) & 255, low & 255];
  return String.fromCharCode(high >>> 24, b, c, d, low >>> 24, f, g, h);
}

function halfText(id: ByteString, at: number): string {
  const high = word(id, at);
  const low = word(id, at + 4);
  return high < 0x200000 ? String(high * 4294967296 + low) : ((BigInt(high) << 32n) | BigInt(low)).toString();
}

function word(id: ByteString, at: number): number {
  const codes = (id.charCodeAt(at) << 24) | (id.charCodeAt(at + 1) << 16) | (id.charCodeAt(at + 2) << 8);
  return (codes | id.charCodeAt(at + 3)) >>> 0;
}

function joined(group: ByteString, consumer: ByteString): ByteString {
  return half(0, group.length).slice(4) + group + consumer;
}

function splitName(type: 'consumer' | 'consumerEnd', cell: ByteString): StreamCell | undefined {
  if (cell.length < 5) return undefined;
  const end = 5 + word(cell, 1);
  return end > cell.length ? undefined : { type, group: cell.slice(5, end), consumer: cell.slice(end) };
}
