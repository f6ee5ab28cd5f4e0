/**
 * The envelope: entries as bytes, in the log and on the wire.
 *
 * Layout: body length (u32), CRC-32 of the body (u32), body. Body: schema, entry type, seq, time, priority, then the ops
 * (or a heartbeat's `received`). An op that is on the same key as the one before it leaves key and database out.
 *
 * Rules: the encoding is canonical (one entry, one sequence of bytes). A reader takes its own schema and the one before
 * it, and refuses any other by number. A failure names the byte; what precedes it in a batch has been decoded.
 */
import { ByteReader } from '../bytes/byte-reader.ts';
import type { ByteWriter } from '../bytes/byte-writer.ts';
import { crc32 } from '../bytes/crc32.ts';
import type { Base, CounterCell, Entry, Op } from './entry.ts';

/** The schema that `encodeEntry` writes. */
export const entrySchema = 1;
/** The oldest schema that `decodeEntry` reads. */
export const oldestEntrySchema = 1;

/** Why bytes are not an entry. */
export interface EntryFailure {
  readonly type: 'failure';
  readonly code: 'truncated' | 'checksum' | 'schema' | 'malformed';
  /** Position in the bytes of the entry that failed. */
  readonly at: number;
  readonly message: string;
}

/** An entry and where the next one begins. */
export interface DecodedEntry {
  readonly type: 'entry';
  readonly entry: Entry;
  readonly next: number;
}

const headerSize = 8;
const unitType = 1;
const heartbeatType = 2;
const sameKey = 0x80;

const code = {
  assign: 1, assignAt: 2, assignKeep: 3, delete: 4, expireAt: 5, expireNone: 6, fieldSet: 7, fieldGone: 8,
  memberIn: 9, memberOut: 10, scoreSet: 11, scoreGone: 12, countString: 13, countHash: 14, countZset: 15,
} as const; // biome-ignore format: one line a group

const countCode: Readonly<Record<CounterCell, number>> = {
  string: code.countString,
  hash: code.countHash,
  zset: code.countZset,
};

/** Appends one entry. */
export function encodeEntry(writer: ByteWriter, entry: Entry): void {
  const start = writer.length;
  writer.u32(0);
  writer.u32(0);
  writer.u8(entrySchema);
  writer.u8(entry.type === 'unit' ? unitType : heartbeatType);
  writer.varint(entry.seq);
  writer.varint(entry.time);
  writer.varint(entry.priority);
  if (entry.type === 'unit') encodeOps(writer, entry.ops);
  else writer.varint(entry.received);
  const body = writer.view(start + headerSize);
  writer.setU32(start, body.length);
  writer.setU32(start + 4, crc32(body));
}

/** Reads the entry at `at`. */
export function decodeEntry(bytes: Uint8Array, at: number = 0): DecodedEntry | EntryFailure {
  const header = new ByteReader(bytes, at);
  const length = header.u32();
  const checksum = header.u32();
  if (header.failed || header.remaining < length) return failure('truncated', at, 'entry is cut short');
  const start = at + headerSize;
  const end = start + length;
  if (crc32(bytes, start, end) !== checksum) return failure('checksum', at, 'entry does not match its checksum');
  const reader = new ByteReader(bytes, start, end);
  const schema = reader.u8();
  if (schema < oldestEntrySchema || schema > entrySchema) {
    return failure(
      'schema',
      at,
      `entry has schema ${schema}; this version reads ${oldestEntrySchema} to ${entrySchema}`,
    );
  }
  const type = reader.u8();
  const seq = reader.varint();
  const time = reader.varint();
  const priority = reader.varint();
  const entry: Entry | undefined =
    type === unitType
      ? { type: 'unit', seq, time, priority, ops: decodeOps(reader) }
      : type === heartbeatType
        ? { type: 'heartbeat', seq, time, priority, received: reader.varint() }
        : undefined;
  if (entry === undefined || reader.failed || reader.remaining !== 0)
    return failure('malformed', at, 'entry is malformed');
  return { type: 'entry', entry, next: end };
}

/** Reads all entries of a batch. */
export function decodeEntries(bytes: Uint8Array): Entry[] | EntryFailure {
  const entries: Entry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const decoded = decodeEntry(bytes, at);
    if (decoded.type === 'failure') return decoded;
    entries.push(decoded.entry);
    at = decoded.next;
  }
  return entries;
}

/** Where in a batch the entry after `count` others begins; the lengths are trusted, nothing is checked. */
export function skipEntries(bytes: Uint8Array, count: number): number {
  let at = 0;
  for (let i = 0; i < count && at < bytes.length; i++) at += headerSize + new ByteReader(bytes, at).u32();
  return at;
}

function failure(reason: EntryFailure['code'], at: number, message: string): EntryFailure {
  return { type: 'failure', code: reason, at, message: `${message} (byte ${at})` };
}

function encodeOps(writer: ByteWriter, ops: readonly Op[]): void {
  writer.varint(ops.length);
  let previous: Op | undefined;
  for (const op of ops) {
    const same = previous !== undefined && previous.db === op.db && previous.key === op.key;
    writer.u8(codeOf(op) | (same ? sameKey : 0));
    if (!same) {
      writer.varint(op.db);
      writer.text(op.key);
    }
    encodeRest(writer, op);
    previous = op;
  }
}

function codeOf(op: Op): number {
  switch (op.type) {
    case 'assign':
      return op.expiry === 'keep' ? code.assignKeep : op.expiry === null ? code.assign : code.assignAt;
    case 'delete':
      return code.delete;
    case 'expire':
      return op.at === null ? code.expireNone : code.expireAt;
    case 'field':
      return op.value === null ? code.fieldGone : code.fieldSet;
    case 'member':
      return op.present ? code.memberIn : code.memberOut;
    case 'score':
      return op.score === null ? code.scoreGone : code.scoreSet;
    case 'count':
      return countCode[op.cell];
  }
}

function encodeRest(writer: ByteWriter, op: Op): void {
  switch (op.type) {
    case 'assign':
      writer.bytes(op.value);
      if (typeof op.expiry === 'number') writer.varint(op.expiry);
      return;
    case 'delete':
      return;
    case 'expire':
      if (op.at !== null) writer.varint(op.at);
      return;
    case 'field':
      writer.text(op.field);
      if (op.value !== null) writer.bytes(op.value);
      return;
    case 'member':
      writer.text(op.member);
      return;
    case 'score':
      writer.text(op.member);
      if (op.score !== null) writer.f64(op.score);
      return;
    case 'count':
      if (op.cell !== 'string') writer.text(op.field);
      encodeBase(writer, op.base);
      writer.signed(op.sum);
      writer.signed(op.by);
      writer.varint(op.previous);
  }
}

function encodeBase(writer: ByteWriter, base: Base): void {
  if ('stable' in base) {
    writer.u8(1);
    writer.varint(base.stable);
    return;
  }
  writer.u8(0);
  writer.varint(base.exact.time);
  writer.varint(base.exact.priority);
  writer.varint(base.exact.index);
}

function decodeBase(reader: ByteReader): Base {
  const kind = reader.u8();
  if (kind > 1) reader.failed = true;
  if (kind === 1) return { stable: reader.varint() };
  return { exact: { time: reader.varint(), priority: reader.varint(), index: reader.varint() } };
}

function decodeOps(reader: ByteReader): Op[] {
  const count = reader.varint();
  const ops: Op[] = [];
  let index = 0;
  let db = 0;
  let key = '';
  for (let i = 0; i < count && !reader.failed; i++) {
    const tag = reader.u8();
    if ((tag & sameKey) === 0) {
      const nextDb = reader.varint();
      const nextKey = reader.text();
      if (i > 0 && nextDb === db && nextKey === key) reader.failed = true; // not canonical
      db = nextDb;
      key = nextKey;
    } else if (i === 0) reader.failed = true;
    const op = decodeRest(reader, tag & ~sameKey, db, index, key);
    ops.push(op);
    index += op.type === 'assign' ? 2 : 1;
  }
  return ops;
}

function decodeRest(reader: ByteReader, kind: number, db: number, index: number, key: string): Op {
  switch (kind) {
    case code.assign:
      return { type: 'assign', db, index, key, value: reader.bytes(), expiry: null };
    case code.assignAt:
      return { type: 'assign', db, index, key, value: reader.bytes(), expiry: reader.varint() };
    case code.assignKeep:
      return { type: 'assign', db, index, key, value: reader.bytes(), expiry: 'keep' };
    case code.delete:
      return { type: 'delete', db, index, key };
    case code.expireAt:
      return { type: 'expire', db, index, key, at: reader.varint() };
    case code.expireNone:
      return { type: 'expire', db, index, key, at: null };
    case code.fieldSet:
      return { type: 'field', db, index, key, field: reader.text(), value: reader.bytes() };
    case code.fieldGone:
      return { type: 'field', db, index, key, field: reader.text(), value: null };
    case code.memberIn:
      return { type: 'member', db, index, key, member: reader.text(), present: true };
    case code.memberOut:
      return { type: 'member', db, index, key, member: reader.text(), present: false };
    case code.scoreSet:
      return { type: 'score', db, index, key, member: reader.text(), score: reader.f64() };
    case code.scoreGone:
      return { type: 'score', db, index, key, member: reader.text(), score: null };
    case code.countString:
      return decodeCount(reader, 'string', db, index, key);
    case code.countHash:
      return decodeCount(reader, 'hash', db, index, key);
    case code.countZset:
      return decodeCount(reader, 'zset', db, index, key);
    default:
      reader.failed = true;
      return { type: 'delete', db, index, key };
  }
}

function decodeCount(reader: ByteReader, cell: CounterCell, db: number, index: number, key: string): Op {
  const field = cell === 'string' ? '' : reader.text();
  const base = decodeBase(reader);
  return {
    type: 'count',
    db,
    index,
    key,
    cell,
    field,
    base,
    sum: reader.signed(),
    by: reader.signed(),
    previous: reader.varint(),
  };
}
