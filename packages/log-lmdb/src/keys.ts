/**
 * Keys: one byte that says what it is, then the rest, so that byte order is the order wanted.
 *
 *     01                                          the format row
 *     02 id:u32                                   a stream: its name and range
 *     03 name:utf8                                a fact
 *     04 id:u32 first:u64 last:u64 length:u32     a record; `length` counts the bytes of its body
 *
 * Integers are big endian. A record's key says all that trimming and seeking need, so neither reads a body.
 */

/** What a record's key says. */
export interface RecordKey {
  readonly first: number;
  readonly last: number;
  /** Bytes of the body. */
  readonly length: number;
}

/** Longest name of a fact, in bytes of UTF-8 (an LMDB key holds 1,978 here). */
export const maxFactName = 1900;

/** The row that says what this folder is. */
export const formatKey: Buffer = Buffer.of(1);

/** Bounds of the stream rows: from (included), to (excluded). */
export const streamKeys: { readonly from: Buffer; readonly to: Buffer } = { from: Buffer.of(2), to: Buffer.of(3) };

/** The row of a stream. */
export function streamKey(id: number): Buffer {
  const key = Buffer.alloc(5, 2);
  key.writeUInt32BE(id, 1);
  return key;
}

/** The id within a stream row's key. */
export function streamIdOf(key: Uint8Array): number {
  return Buffer.from(key).readUInt32BE(1);
}

/** The key of a fact. */
export function factKey(name: string): Buffer {
  return Buffer.from(`\u0003${name}`);
}

/** The key of a record. */
export function recordKey(id: number, record: RecordKey): Buffer {
  const key = Buffer.allocUnsafe(25);
  key[0] = 4;
  key.writeUInt32BE(id, 1);
  writeSeq(key, record.first, 5);
  writeSeq(key, record.last, 13);
  key.writeUInt32BE(record.length, 21);
  return key;
}

/** Sorts before every record of the stream that begins at `first` or above, and after those that begin below. */
export function recordBound(id: number, first: number): Buffer {
  const key = Buffer.allocUnsafe(13);
  key[0] = 4;
  key.writeUInt32BE(id, 1);
  writeSeq(key, first, 5);
  return key;
}

/** Reads a record's key; undefined when it is none. */
export function recordOf(key: Uint8Array): RecordKey | undefined {
  if (key.length !== 25 || key[0] !== 4) return undefined;
  const view = Buffer.from(key.buffer, key.byteOffset, key.length);
  return { first: readSeq(view, 5), last: readSeq(view, 13), length: view.readUInt32BE(21) };
}

function writeSeq(key: Buffer, seq: number, at: number): void {
  key.writeUInt32BE(Math.floor(seq / 0x1_0000_0000), at);
  key.writeUInt32BE(seq >>> 0, at + 4);
}

function readSeq(key: Buffer, at: number): number {
  return key.readUInt32BE(at) * 0x1_0000_0000 + key.readUInt32BE(at + 4);
}
