/**
 * Ops as bytes: a code that says the type of op and its variant, then its parts. The table is the format: a code once
 * given stays what it is, and new codes come with a new `entrySchema`.
 *
 * An op that is on the same key as the one before it leaves key and database out; its code carries `sameKey`. Indices
 * are not written: they follow from the order.
 */
import type { ByteReader } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import type { ByteWriter } from '../bytes/byte-writer.ts';
import type { Version } from '../version/version.ts';
import {
  contentCode,
  lastContent,
  noContent,
  readContent,
  readEach,
  readList,
  writeContent,
  writeEach,
  writeList,
} from './content-codec.ts';
import { type Base, type CounterCell, type Covers, type GuardedKind, indicesOf, type Op } from './entry.ts';

type Of<T extends Op['type']> = Extract<Op, { readonly type: T }>;

type Write<T extends Op> = (writer: ByteWriter, op: T, same: boolean) => void;
type Read = (reader: ByteReader, db: number, index: number, key: ByteString) => Op;

const sameKey = 0x80;

/** By schema, the highest code that it has. */
const lastCode: Readonly<Record<number, number>> = { 2: 37, 3: 39 };

const code = {
  assign: 1, assignAt: 2, assignKeep: 3, delete: 4, expireAt: 5, expireNone: 6, fieldSet: 7, fieldGone: 8,
  memberIn: 9, memberOut: 10, scoreSet: 11, scoreGone: 12, countString: 13, countHash: 14, countZset: 15,
  end: 16, endByExpiry: 17, rangeByScore: 18, rangeByLex: 19, bitOn: 20, bitOff: 21, sketchElement: 22, sketchMade: 23,
  streamSet: 24, streamGone: 25, trim: 26, guarded: 27, state: 28, want: 29, flush: 30, librarySet: 31, libraryGone: 32,
  publish: 33, publishSharded: 34, check: 35, endAt: 36, refill: 37, untold: 38, stateAgain: 39,
} as const; // biome-ignore format: one line a group

const countCode: Readonly<Record<CounterCell, number>> = {
  string: code.countString,
  hash: code.countHash,
  zset: code.countZset,
};
const guardedKinds: readonly GuardedKind[] = ['string', 'list', 'zset', 'module'];
/** Flags of a guarded op, beside its kind. */
const [adds, hasBase, again] = [4, 8, 16];
/** Flags of a state, beside the code of its content. */
const [hasCovers, hasExpiry] = [8, 16];

/** By type of op: appends its code and key, then what follows them. */
const writes: { readonly [T in Op['type']]: Write<Of<T>> } = {
  assign: (w, op, same) => {
    const { value, expiry } = op;
    head(w, expiry === null ? code.assign : expiry === 'keep' ? code.assignKeep : code.assignAt, op, same);
    w.bytes(value);
    if (expiry !== null && expiry !== 'keep') w.wide(expiry);
  },
  delete: (w, op, same) => head(w, code.delete, op, same),
  expire: (w, op, same) => {
    head(w, op.at === null ? code.expireNone : code.expireAt, op, same);
    if (op.at !== null) w.wide(op.at);
  },
  field: (w, op, same) => {
    head(w, op.value === null ? code.fieldGone : code.fieldSet, op, same);
    w.text(op.field);
    if (op.value !== null) w.bytes(op.value);
  },
  member: (w, op, same) => {
    head(w, op.present ? code.memberIn : code.memberOut, op, same);
    w.text(op.member);
  },
  score: (w, op, same) => {
    head(w, op.score === null ? code.scoreGone : code.scoreSet, op, same);
    w.text(op.member);
    if (op.score !== null) w.f64(op.score);
  },
  count: (w, op, same) => {
    head(w, countCode[op.cell], op, same);
    if (op.cell !== 'string') w.text(op.field);
    writeBase(w, op.base);
    w.signed(op.sum);
    w.signed(op.by);
    w.varint(op.previous);
  },
  end: (w, op, same) => {
    const { at, expires } = op;
    head(w, !expires ? code.end : at === undefined ? code.endByExpiry : code.endAt, op, same);
    writeCovers(w, op.covers);
    if (expires && at !== undefined) w.wide(at);
  },
  range: (w, op, same) => {
    head(w, op.by === 'score' ? code.rangeByScore : code.rangeByLex, op, same);
    w.text(op.min);
    w.text(op.max);
  },
  bit: (w, op, same) => {
    head(w, op.on ? code.bitOn : code.bitOff, op, same);
    w.varint(op.offset);
  },
  sketch: (w, op, same) => {
    head(w, op.element === null ? code.sketchMade : code.sketchElement, op, same);
    if (op.element !== null) w.text(op.element);
  },
  stream: (w, op, same) => {
    head(w, op.value === null ? code.streamGone : code.streamSet, op, same);
    w.text(op.cell);
    if (op.value !== null) writeList(w, op.value);
  },
  trim: (w, op, same) => {
    head(w, code.trim, op, same);
    w.text(op.before);
  },
  guarded: (w, op, same) => {
    head(w, code.guarded, op, same);
    const flags = (op.adds ? adds : 0) | (op.base === null ? 0 : hasBase) | (op.again === true ? again : 0);
    w.u8(guardedKinds.indexOf(op.kind) | flags);
    if (op.base !== null) writeBase(w, op.base);
    writeList(w, op.args);
  },
  state: (w, op, same) => {
    head(w, op.again ? code.stateAgain : code.state, op, same);
    const { content, expiry, covers } = op;
    const kind = content === null ? noContent : contentCode(content);
    w.u8(kind | (covers === null ? 0 : hasCovers) | (expiry === null ? 0 : hasExpiry));
    if (expiry !== null) w.wide(expiry);
    if (covers !== null) writeCovers(w, covers);
    if (content !== null) writeContent(w, content);
  },
  refill: (w, { content, expiry, cut, ...op }, same) => {
    head(w, code.refill, op, same);
    w.u8(contentCode(content) | (expiry === null ? 0 : hasExpiry));
    w.varint(cut);
    if (expiry !== null) w.wide(expiry);
    writeContent(w, content);
  },
  want: (w, op, same) => {
    head(w, op.untold ? code.untold : code.want, op, same);
    writeVersion(w, op.version);
  },
  check: (w, op, same) => {
    head(w, code.check, op, same);
    w.text(op.digest);
    writeCovers(w, op.covers);
  },
  flush: (w, op, same) => head(w, code.flush, op, same),
  library: (w, op, same) => {
    head(w, op.code === null ? code.libraryGone : code.librarySet, op, same);
    if (op.code !== null) w.bytes(op.code);
  },
  publish: (w, op, same) => {
    head(w, op.sharded ? code.publishSharded : code.publish, op, same);
    w.bytes(op.message);
  },
};

const reads: Readonly<Record<(typeof code)[keyof typeof code], Read>> = {
  [code.assign]: (r, db, index, key) => ({ type: 'assign', db, index, key, value: r.bytes(), expiry: null }),
  [code.assignAt]: (r, db, index, key) => ({ type: 'assign', db, index, key, value: r.bytes(), expiry: r.wide() }),
  [code.assignKeep]: (r, db, index, key) => ({ type: 'assign', db, index, key, value: r.bytes(), expiry: 'keep' }),
  [code.delete]: (_, db, index, key) => ({ type: 'delete', db, index, key }),
  [code.expireAt]: (r, db, index, key) => ({ type: 'expire', db, index, key, at: r.wide() }),
  [code.expireNone]: (_, db, index, key) => ({ type: 'expire', db, index, key, at: null }),
  [code.fieldSet]: (r, db, index, key) => ({ type: 'field', db, index, key, field: r.text(), value: r.bytes() }),
  [code.fieldGone]: (r, db, index, key) => ({ type: 'field', db, index, key, field: r.text(), value: null }),
  [code.memberIn]: (r, db, index, key) => ({ type: 'member', db, index, key, member: r.text(), present: true }),
  [code.memberOut]: (r, db, index, key) => ({ type: 'member', db, index, key, member: r.text(), present: false }),
  [code.scoreSet]: (r, db, index, key) => ({ type: 'score', db, index, key, member: r.text(), score: r.f64() }),
  [code.scoreGone]: (r, db, index, key) => ({ type: 'score', db, index, key, member: r.text(), score: null }),
  [code.countString]: (r, db, index, key) => readCount(r, db, index, key, 'string', ''),
  [code.countHash]: (r, db, index, key) => readCount(r, db, index, key, 'hash', r.text()),
  [code.countZset]: (r, db, index, key) => readCount(r, db, index, key, 'zset', r.text()),
  [code.end]: (r, db, index, key) => ({ type: 'end', db, index, key, covers: readCovers(r), expires: false }),
  [code.endByExpiry]: (r, db, index, key) => ({ type: 'end', db, index, key, covers: readCovers(r), expires: true }),
  [code.endAt]: (r, db, index, key) => {
    return { type: 'end', db, index, key, covers: readCovers(r), expires: true, at: r.wide() };
  },
  [code.rangeByScore]: (r, db, index, key) => {
    return { type: 'range', db, index, key, by: 'score', min: r.text(), max: r.text() };
  },
  [code.rangeByLex]: (r, db, index, key) => {
    return { type: 'range', db, index, key, by: 'lex', min: r.text(), max: r.text() };
  },
  [code.bitOn]: (r, db, index, key) => ({ type: 'bit', db, index, key, offset: r.varint(), on: true }),
  [code.bitOff]: (r, db, index, key) => ({ type: 'bit', db, index, key, offset: r.varint(), on: false }),
  [code.sketchElement]: (r, db, index, key) => ({ type: 'sketch', db, index, key, element: r.text() }),
  [code.sketchMade]: (_, db, index, key) => ({ type: 'sketch', db, index, key, element: null }),
  [code.streamSet]: (r, db, index, key) => ({ type: 'stream', db, index, key, cell: r.text(), value: readList(r) }),
  [code.streamGone]: (r, db, index, key) => ({ type: 'stream', db, index, key, cell: r.text(), value: null }),
  [code.trim]: (r, db, index, key) => ({ type: 'trim', db, index, key, before: r.text() }),
  [code.guarded]: readGuarded,
  [code.state]: readState,
  [code.stateAgain]: (r, db, index, key) => ({ ...readState(r, db, index, key), again: true }),
  [code.refill]: readRefill,
  [code.want]: (r, db, index, key) => ({ type: 'want', db, index, key, version: readVersion(r) }),
  [code.untold]: (r, db, index, key) => ({ type: 'want', db, index, key, version: readVersion(r), untold: true }),
  [code.check]: (r, db, index, key) => ({ type: 'check', db, index, key, digest: r.text(), covers: readCovers(r) }),
  [code.flush]: (_, db, index, key) => ({ type: 'flush', db, index, key }),
  [code.librarySet]: (r, db, index, key) => ({ type: 'library', db, index, key, code: r.bytes() }),
  [code.libraryGone]: (_, db, index, key) => ({ type: 'library', db, index, key, code: null }),
  [code.publish]: (r, db, index, key) => ({ type: 'publish', db, index, key, message: r.bytes(), sharded: false }),
  [code.publishSharded]: (r, db, index, key) => {
    return { type: 'publish', db, index, key, message: r.bytes(), sharded: true };
  },
};

const readers: readonly (Read | undefined)[] = Object.assign([], reads);

/** Appends the ops of a unit behind their number. */
export function writeOps(writer: ByteWriter, ops: readonly Op[]): void {
  writer.varint(ops.length);
  let previous: Op | undefined;
  for (const op of ops) {
    const same = previous !== undefined && previous.db === op.db && previous.key === op.key;
    writes[op.type](writer, op as never, same);
    previous = op;
  }
}

function head(writer: ByteWriter, tag: number, op: Pick<Op, 'db' | 'key'>, same: boolean): void {
  writer.u8(same ? tag | sameKey : tag);
  if (same) return;
  writer.varint(op.db);
  writer.text(op.key);
}

/** Reads the ops of a unit of `schema`; what is malformed makes the reader fail. */
export function readOps(reader: ByteReader, schema: number): Op[] {
  const count = reader.varint();
  const last = lastCode[schema] ?? 0;
  const ops: Op[] = [];
  let index = 0;
  let db = 0;
  let key = '';
  for (let i = 0; i < count && !reader.failed; i++) {
    const tag = reader.u8();
    if ((tag & sameKey) === 0) {
      const nextDb = reader.varint();
      const nextKey = reader.text();
      if (i > 0 && nextDb === db && nextKey === key) reader.fail(); // not canonical
      db = nextDb;
      key = nextKey;
    } else if (i === 0) reader.fail();
    const kind = tag & ~sameKey;
    const read = kind <= last ? readers[kind] : undefined;
    if (read === undefined) {
      reader.fail();
      break;
    }
    const op = read(reader, db, index, key);
    ops.push(op);
    index += indicesOf(op);
  }
  return ops;
}

function readCount(r: ByteReader, db: number, index: number, key: string, cell: CounterCell, field: ByteString): Op {
  const base = readBase(r);
  return { type: 'count', db, index, key, cell, field, base, sum: r.signed(), by: r.signed(), previous: r.varint() };
}

function readGuarded(reader: ByteReader, db: number, index: number, key: ByteString): Op {
  const flags = reader.u8();
  if (flags >= 2 * again) reader.fail();
  const base = (flags & hasBase) === 0 ? null : readBase(reader);
  const kind = guardedKinds[flags & 3]!;
  return {
    ...{ type: 'guarded', db, index, key, kind, base, args: readList(reader), adds: (flags & adds) !== 0 },
    ...((flags & again) !== 0 && { again: true }),
  };
}

function readState(reader: ByteReader, db: number, index: number, key: ByteString): Of<'state'> {
  const flags = reader.u8();
  if (flags >= 2 * hasExpiry) reader.fail();
  const expiry = (flags & hasExpiry) === 0 ? null : reader.wide();
  const covers = (flags & hasCovers) === 0 ? null : readCovers(reader);
  const kind = flags & lastContent;
  const content = kind === noContent ? null : readContent(reader, kind);
  return { type: 'state', db, index, key, content, expiry, covers };
}

function readRefill(reader: ByteReader, db: number, index: number, key: ByteString): Op {
  const flags = reader.u8();
  if (flags >= 2 * hasExpiry || (flags & hasCovers) !== 0) reader.fail();
  const cut = reader.varint();
  const expiry = (flags & hasExpiry) === 0 ? null : reader.wide();
  return { type: 'refill', db, index, key, cut, expiry, content: readContent(reader, flags & lastContent) };
}

function writeBase(writer: ByteWriter, base: Base): void {
  const stable = 'stable' in base;
  writer.u8(stable ? 1 : 0);
  if (stable) writer.varint(base.stable);
  else writeVersion(writer, base.exact);
}

function readBase(reader: ByteReader): Base {
  const kind = reader.u8();
  if (kind > 1) reader.fail();
  return kind === 1 ? { stable: reader.varint() } : { exact: readVersion(reader) };
}

function writeVersion(writer: ByteWriter, { time, priority, index }: Version): void {
  writer.varint(time);
  writer.varint(priority);
  writer.varint(index);
}

function readVersion(reader: ByteReader): Version {
  return { time: reader.varint(), priority: reader.varint(), index: reader.varint() };
}

/** Writes what a site had seen of its peers. */
export function writeCovers(writer: ByteWriter, covers: Covers): void {
  writeEach(writer, covers, writeCover);
}

function writeCover(writer: ByteWriter, [priority, time]: Covers[number]): void {
  writer.varint(priority);
  writer.varint(time);
}

/** Reads what a site had seen of its peers. */
export function readCovers(reader: ByteReader): Covers {
  return readEach(reader, readCover);
}

function readCover(reader: ByteReader): Covers[number] {
  return [reader.varint(), reader.varint()];
}
