/**
 * The envelope: entries as bytes, in the log and on the wire.
 *
 * Layout: body length (u32), CRC-32 of the body (u32), body. Body: schema, entry type, seq, time, priority, then (where the type
 * has that flag) what the writer had seen, then the ops (or a heartbeat's `received` and, in types of their own, its `cut`, or `cut` and
 * `lead`; no cut is 0 there).
 *
 * Schema 2 did not tell what writers had seen, nor a heartbeat's lead, nor who is out; schema 3 added that and changed nothing.
 *
 * Rules: the encoding is canonical (one entry, one sequence of bytes in a schema). A reader takes its own schema and the
 * one before it, and refuses any other by number. A failure names the byte; what precedes it in a batch has been decoded.
 */
import { ByteReader } from '../bytes/byte-reader.ts';
import type { ByteWriter } from '../bytes/byte-writer.ts';
import { crc32 } from '../bytes/crc32.ts';
import type { Entry, Outcast, Relay } from './entry.ts';
import { readCovers, readOps, writeCovers, writeOps } from './op-codec.ts';

/** The schema that `encodeEntry` writes. */
export const entrySchema = 3;
/** The oldest schema that `decodeEntry` reads. */
export const oldestEntrySchema = 2;

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
const joinedType = 3;
const cutType = 4;
const leadType = 5;
/** All of these, and who is out. */
const outType = 6;
const relayType = 7;
/** Added to the type where it tells what its writer had seen. */
const seenFlag = 8;

/** Appends one entry. */
export function encodeEntry(writer: ByteWriter, entry: Entry): void {
  const start = writer.length;
  writer.u32(0);
  writer.u32(0);
  writer.u8(entrySchema);
  const { seen } = entry;
  writer.u8(seen === undefined ? typeOf(entry) : typeOf(entry) | seenFlag);
  writer.varint(entry.seq);
  writer.varint(entry.time);
  writer.varint(entry.priority);
  if (seen !== undefined) writeCovers(writer, seen);
  if (entry.type === 'unit') {
    if (entry.relay === undefined) writeOps(writer, entry.ops);
    else writeRelay(writer, entry.relay);
  } else {
    writer.varint(entry.received);
    const { cut, lead, out } = entry;
    if (cut !== undefined || lead !== undefined || out !== undefined) writer.varint(cut ?? 0);
    if (lead !== undefined || out !== undefined) writer.varint(lead ?? 0);
    if (out !== undefined) writeOutcasts(writer, out);
  }
  writer.setU32(start, writer.length - start - headerSize);
  writer.setU32(start + 4, writer.checksum(start + headerSize));
}

function typeOf(entry: Entry): number {
  if (entry.type === 'heartbeat') {
    if (entry.out !== undefined) return outType;
    if (entry.lead !== undefined) return leadType;
    return entry.cut === undefined ? heartbeatType : cutType;
  }
  if (entry.relay !== undefined) return relayType;
  return entry.joined === true ? joinedType : unitType;
}

/** Reads the entry at `at`. */
export function decodeEntry(bytes: Uint8Array, at: number = 0): DecodedEntry | EntryFailure {
  const start = at + headerSize;
  if (start > bytes.length) return failure('truncated', at, 'entry is cut short');
  const end = start + u32(bytes, at);
  if (end > bytes.length) return failure('truncated', at, 'entry is cut short');
  if (crc32(bytes, start, end) !== u32(bytes, at + 4))
    return failure('checksum', at, 'entry does not match its checksum');
  const reader = new ByteReader(bytes, start, end);
  const schema = reader.u8();
  if (schema < oldestEntrySchema || schema > entrySchema) {
    return failure(
      'schema',
      at,
      `entry has schema ${schema}; this version reads ${oldestEntrySchema} to ${entrySchema}`,
    );
  }
  const flagged = reader.u8();
  const type = schema >= 3 ? flagged & ~seenFlag : flagged;
  const seq = reader.varint();
  const time = reader.varint();
  const priority = reader.varint();
  const seen = type === flagged ? undefined : readCovers(reader);
  let entry: Entry | undefined;
  // Written out, and units in one shape: every entry passes here.
  if (type === unitType) entry = { type: 'unit', seq, time, priority, seen, ops: readOps(reader, schema) };
  else if (type === joinedType)
    entry = { type: 'unit', seq, time, priority, seen, ops: readOps(reader, schema), joined: true };
  else if (type === relayType && schema >= 3)
    entry = { type: 'unit', seq, time, priority, seen, ops: [], relay: readRelay(reader) };
  else if (type === heartbeatType) entry = { type: 'heartbeat', seq, time, priority, seen, received: reader.varint() };
  else if (type === cutType) {
    const [received, cut] = [reader.varint(), reader.varint()];
    entry = { type: 'heartbeat', seq, time, priority, seen, received, cut };
  } else if (type === leadType && schema >= 3) {
    const [received, cut, lead] = [reader.varint(), reader.varint(), reader.varint()];
    entry = { type: 'heartbeat', seq, time, priority, seen, received, ...(cut > 0 && { cut }), lead };
  } else if (type === outType && schema >= 3) {
    const [received, cut, lead] = [reader.varint(), reader.varint(), reader.varint()];
    const out = readOutcasts(reader);
    const told = { ...(cut > 0 && { cut }), ...(lead > 0 && { lead }), out };
    entry = { type: 'heartbeat', seq, time, priority, seen, received, ...told };
  }
  if (entry === undefined || reader.failed || reader.remaining !== 0)
    return failure('malformed', at, 'entry is malformed');
  return { type: 'entry', entry, next: end };
}

function writeRelay(writer: ByteWriter, { origin, first, last, body }: Relay): void {
  writer.text(origin);
  writer.varint(first);
  writer.varint(last);
  writer.bytes(body);
}

function readRelay(reader: ByteReader): Relay {
  return { origin: reader.text(), first: reader.varint(), last: reader.varint(), body: reader.bytes() };
}

function writeOutcasts(writer: ByteWriter, out: readonly Outcast[]): void {
  writer.varint(out.length);
  for (const { site, received, inForce } of out) {
    writer.text(site);
    writer.varint(received);
    writer.u8(inForce ? 1 : 0);
  }
}

function readOutcasts(reader: ByteReader): readonly Outcast[] {
  const out: Outcast[] = [];
  for (let left = reader.varint(); left > 0 && !reader.failed; left--) {
    const [site, received, flag] = [reader.text(), reader.varint(), reader.u8()];
    if (flag > 1) reader.fail();
    out.push({ site, received, inForce: flag === 1 });
  }
  return out;
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

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
