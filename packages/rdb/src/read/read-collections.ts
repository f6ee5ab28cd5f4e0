/** Readers of lists, sets, sorted sets and hashes, in every encoding. A failure leaves them with what they have so far. */
import { parseScore } from '../bytes/decimal.ts';
import { Listpack } from '../packed/listpack.ts';
import type { PackedReader } from '../packed/packed-reader.ts';
import { readIntset } from '../packed/read-intset.ts';
import { readZipmap } from '../packed/read-zipmap.ts';
import { Ziplist } from '../packed/ziplist.ts';
import type { HashField, HashValue, ListValue, SetValue, StringValue, ZsetMember, ZsetValue } from '../rdb-value.ts';
import type { RdbCursor } from './rdb-cursor.ts';

/** How a value of one type is read: from the byte after the type to its end. */
type Read<V> = (cursor: RdbCursor) => V;

const plainNode = 1;
const packedNode = 2;

export const readString: Read<StringValue> = (cursor) => ({ kind: 'string', value: cursor.string() });

// ---------------------------------------------------------------- lists and sets

export const readList: Read<ListValue> = (cursor) => ({ kind: 'list', elements: readStrings(cursor) });

export const readSet: Read<SetValue> = (cursor) => ({ kind: 'set', members: readStrings(cursor) });

export const readIntegerSet: Read<SetValue> = (cursor) => ({
  kind: 'set',
  members: readIntset(cursor.nested('bad-intset')),
});

export const readPackedSet: Read<SetValue> = (cursor) => ({
  kind: 'set',
  members: unpack(listpackOf(cursor), []),
});

export const readZiplistList: Read<ListValue> = (cursor) => ({
  kind: 'list',
  elements: unpack(ziplistOf(cursor), []),
});

/** Nodes that are ziplists. */
export const readQuicklist: Read<ListValue> = (cursor) => {
  const elements: Uint8Array[] = [];
  for (let nodes = cursor.length(); nodes > 0 && !cursor.failed; nodes--) unpack(ziplistOf(cursor), elements);
  return { kind: 'list', elements };
};

/** Nodes that are listpacks, or single elements that are too long for one. */
export const readQuicklist2: Read<ListValue> = (cursor) => {
  const elements: Uint8Array[] = [];
  for (let nodes = cursor.length(); nodes > 0 && !cursor.failed; nodes--) {
    const start = cursor.at;
    const container = cursor.length();
    if (container === packedNode) unpack(listpackOf(cursor), elements);
    else if (container !== plainNode) cursor.fail('bad-quicklist', `a node of kind ${container}`, start);
    else if (cursor.take(1, start)) elements.push(cursor.string());
  }
  return { kind: 'list', elements };
};

function readStrings(cursor: RdbCursor): Uint8Array[] {
  const strings: Uint8Array[] = [];
  for (let left = cursor.count(1); left > 0 && !cursor.failed; left--) strings.push(cursor.string());
  return strings;
}

function unpack(packed: PackedReader, into: Uint8Array[]): Uint8Array[] {
  while (packed.take()) into.push(packed.toBytes());
  return into;
}

// ---------------------------------------------------------------- sorted sets

/** Scores as texts. */
export const readZset: Read<ZsetValue> = (cursor) => readScored(cursor, textScore);

/** Scores as they are in memory. */
export const readZset2: Read<ZsetValue> = (cursor) => readScored(cursor, (from) => from.f64());

export const readZiplistZset: Read<ZsetValue> = (cursor) => readPackedZset(ziplistOf(cursor));

export const readListpackZset: Read<ZsetValue> = (cursor) => readPackedZset(listpackOf(cursor));

function readScored(cursor: RdbCursor, readScore: (from: RdbCursor) => number): ZsetValue {
  const members: ZsetMember[] = [];
  for (let left = cursor.count(2); left > 0 && !cursor.failed; left--) {
    const member = cursor.string();
    const start = cursor.at;
    const score = readScore(cursor);
    if (Number.isNaN(score)) cursor.fail('bad-score', 'a score that is not a number', start);
    members.push({ member, score });
  }
  return { kind: 'zset', members };
}

function textScore(cursor: RdbCursor): number {
  const length = cursor.u8();
  if (length === 255) return -Infinity;
  if (length === 254) return Infinity;
  if (length === 253) return Number.NaN;
  const at = cursor.skip(length);
  return at < 0 ? 0 : (parseScore(cursor.bytes, at, at + length) ?? Number.NaN);
}

function readPackedZset(packed: PackedReader): ZsetValue {
  const members: ZsetMember[] = [];
  while (packed.take()) {
    const member = packed.toBytes();
    if (packed.need('a score')) members.push({ member, score: packed.toScore() });
  }
  return { kind: 'zset', members };
}

// ---------------------------------------------------------------- hashes

export const readHash: Read<HashValue> = (cursor) => {
  const fields: HashField[] = [];
  for (let left = cursor.count(2); left > 0 && !cursor.failed; left--)
    fields.push({ field: cursor.string(), value: cursor.string(), expiresAt: null });
  return { kind: 'hash', fields };
};

export const readZipmapHash: Read<HashValue> = (cursor) => ({
  kind: 'hash',
  fields: readZipmap(cursor.nested('bad-zipmap')),
});

export const readZiplistHash: Read<HashValue> = (cursor) => readPackedHash(ziplistOf(cursor));

export const readListpackHash: Read<HashValue> = (cursor) => readPackedHash(listpackOf(cursor));

function readPackedHash(packed: PackedReader): HashValue {
  const fields: HashField[] = [];
  while (packed.take()) {
    const field = packed.toBytes();
    if (packed.need('a value')) fields.push({ field, value: packed.toBytes(), expiresAt: null });
  }
  return { kind: 'hash', fields };
}

/** Redis' hash with expiries: each relative to the earliest, plus one, and 0 for none; none is also what comes to 0. */
export const readExpiringHash: Read<HashValue> = (cursor) => {
  const earliest = cursor.time('bad-expiry');
  return readExpiring(cursor, (ttl) => earliest + ttl - 1);
};

/** The same before its release: each absolute. */
export const readExpiringHashPreview: Read<HashValue> = (cursor) => readExpiring(cursor, (ttl) => ttl);

function readExpiring(cursor: RdbCursor, expiry: (ttl: number) => number): HashValue {
  const fields: HashField[] = [];
  for (let left = cursor.count(3); left > 0 && !cursor.failed; left--) {
    const start = cursor.at;
    const ttl = cursor.length();
    const expiresAt = ttl === 0 ? 0 : checkExpiry(cursor, expiry(ttl), start);
    fields.push({ field: cursor.string(), value: cursor.string(), expiresAt: expiresAt === 0 ? null : expiresAt });
  }
  return { kind: 'hash', fields };
}

/** Redis' packed hash with expiries: field, value and absolute expiry in turn, after the earliest. */
export const readExpiringListpackHash: Read<HashValue> = (cursor) => {
  cursor.time('bad-expiry');
  return readExpiringListpackHashPreview(cursor);
};

/** The same before its release: without the earliest. */
export const readExpiringListpackHashPreview: Read<HashValue> = (cursor) => {
  const packed = listpackOf(cursor);
  const fields: HashField[] = [];
  while (packed.take()) {
    const field = packed.toBytes();
    const value = packed.need('a value') ? packed.toBytes() : field;
    if (!packed.need('an expiry')) break;
    const ttl = Number(packed.toInteger('bad-expiry'));
    if (ttl < 0 || !Number.isSafeInteger(ttl)) packed.fail(`a field expires at ${ttl}`, 'bad-expiry');
    fields.push({ field, value, expiresAt: ttl === 0 ? null : ttl });
  }
  return { kind: 'hash', fields };
};

/** Valkey's hash with expiries: field, value, and absolute expiry or -1. */
export const readValkeyHash: Read<HashValue> = (cursor) => {
  const fields: HashField[] = [];
  for (let left = cursor.count(10); left > 0 && !cursor.failed; left--) {
    const field = cursor.string();
    const value = cursor.string();
    const start = cursor.at;
    const expiry = cursor.time('bad-expiry');
    fields.push({ field, value, expiresAt: expiry === -1 ? null : checkExpiry(cursor, expiry, start) });
  }
  return { kind: 'hash', fields };
};

function checkExpiry(cursor: RdbCursor, expiry: number, at: number): number {
  if (expiry >= 0 && Number.isSafeInteger(expiry)) return expiry;
  cursor.fail('bad-expiry', `a field expires at ${expiry}`, at);
  return 0;
}

// ---------------------------------------------------------------- packed collections

function listpackOf(cursor: RdbCursor): Listpack {
  return new Listpack(cursor.nested('bad-listpack'));
}

function ziplistOf(cursor: RdbCursor): Ziplist {
  return new Ziplist(cursor.nested('bad-ziplist'));
}
