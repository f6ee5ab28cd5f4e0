/**
 * What is remembered of a key as bytes, for keys that are kept beside memory (see `spilled-keys.ts`).
 *
 * It is total by construction: whatever fields a `KeyState` has, and whatever plain data they hold (numbers, texts, bytes, arrays,
 * maps, sets, objects), is written and comes back. What is as in a new state is left out. Versions, of which a state holds many and
 * often the same, are written once.
 *
 * No format to keep: what was written is read by who wrote it. Bytes that come back are views of what is read.
 *
 * Not a part of it: what is on its way to the key. Only a state that is at rest is written.
 */
import { ByteReader } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import type { Version } from '../version/version.ts';
import { KeyState } from './key-state.ts';

/** A field of a state by name. */
type Fields = Record<string, unknown>;

const blank = new KeyState(0, '') as unknown as Fields;
/** The fields that are written, by number: the rare ones by their own names. Its name it has from the reader. */
const fields: readonly string[] = [...Object.keys(blank), ...Object.keys(blank.rare as Fields)].filter(
  (name) => name !== 'db' && name !== 'key' && name !== 'rare',
);

const tag = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  natural: 4,
  float: 5,
  bigint: 6,
  text: 7,
  bytes: 8,
  array: 9,
  map: 10,
  set: 11,
  object: 12,
  version: 13,
  sameVersion: 14,
} as const;

/** Behind the last field. */
const end = 255;
/** Versions of a state that are looked for, so that each is written once. */
const maxShared = 16;

const output = new ByteWriter(1 << 16);

/** Writes a state that is at rest. @throws TypeError on what is no plain data: a bug. */
export function encodeState(state: KeyState): Uint8Array {
  const versions: Version[] = [];
  try {
    for (let n = 0; n < fields.length; n++) {
      const name = fields[n]!;
      const value = (state as unknown as Fields)[name];
      if (value === blank[name]) continue;
      output.u8(n);
      write(value, versions);
    }
    output.u8(end);
    return output.take();
  } catch (error) {
    output.take();
    throw error;
  }
}

/** Reads a state. @throws Error when the bytes are not what was written. */
export function decodeState(db: number, key: ByteString, bytes: Uint8Array): KeyState {
  const reader = new ByteReader(bytes);
  const state = new KeyState(db, key);
  const versions: Version[] = [];
  for (let n = reader.u8(); n !== end; n = reader.u8()) {
    const name = fields[n];
    if (name === undefined || reader.failed) throw damaged(db, key);
    (state as unknown as Fields)[name] = read(reader, versions);
  }
  if (reader.failed || reader.remaining > 0) throw damaged(db, key);
  return state;
}

function damaged(db: number, key: ByteString): Error {
  return new Error(
    `what was spilled of key ${JSON.stringify(key)} in database ${db} is damaged; a restart rebuilds it`,
  );
}

function write(value: unknown, versions: Version[]): void {
  switch (typeof value) {
    case 'undefined':
      output.u8(tag.undefined);
      return;
    case 'boolean':
      output.u8(value ? tag.true : tag.false);
      return;
    case 'number':
      writeNumber(value);
      return;
    case 'bigint':
      output.u8(tag.bigint);
      output.signed(value);
      return;
    case 'string':
      output.u8(tag.text);
      output.text(value);
      return;
    case 'object':
      if (value === null) output.u8(tag.null);
      else writeObject(value, versions);
      return;
    default:
      throw new TypeError(`a key's state holds a ${typeof value}`);
  }
}

function writeNumber(value: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) {
    output.u8(tag.natural);
    output.varint(value);
    return;
  }
  output.u8(tag.float);
  output.f64(value);
}

function writeObject(value: object, versions: Version[]): void {
  if (value instanceof Uint8Array) {
    output.u8(tag.bytes);
    output.bytes(value);
  } else if (Array.isArray(value)) {
    output.u8(tag.array);
    output.varint(value.length);
    for (let i = 0; i < value.length; i++) write(value[i], versions);
  } else if (value instanceof Map) {
    output.u8(tag.map);
    output.varint(value.size);
    for (const [key, held] of value) {
      write(key, versions);
      write(held, versions);
    }
  } else if (value instanceof Set) {
    output.u8(tag.set);
    output.varint(value.size);
    for (const held of value) write(held, versions);
  } else writePlain(value as Fields, versions);
}

function writePlain(value: Fields, versions: Version[]): void {
  if (Object.getPrototypeOf(value) !== Object.prototype)
    throw new TypeError("a key's state holds an object of a class");
  const names = Object.keys(value);
  if (isVersion(value, names)) {
    writeVersion(value, versions);
    return;
  }
  output.u8(tag.object);
  output.varint(names.length);
  for (const name of names) {
    output.text(name);
    write(value[name], versions);
  }
}

function isVersion(value: object, names: readonly string[]): value is Version {
  if (names.length !== 3) return false;
  const { time, priority, index } = value as Partial<Version>;
  return isNatural(time) && isNatural(priority) && isNatural(index);
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

function writeVersion(version: Version, versions: Version[]): void {
  const { time, priority, index } = version;
  const at = versions.findIndex((other) => other.time === time && other.priority === priority && other.index === index);
  if (at >= 0) {
    output.u8(tag.sameVersion);
    output.u8(at);
    return;
  }
  if (versions.length < maxShared) versions.push(version);
  output.u8(tag.version);
  output.varint(time);
  output.varint(priority);
  output.varint(index);
}

function read(reader: ByteReader, versions: Version[]): unknown {
  switch (reader.u8()) {
    case tag.undefined:
      return undefined;
    case tag.null:
      return null;
    case tag.false:
      return false;
    case tag.true:
      return true;
    case tag.natural:
      return reader.varint();
    case tag.float:
      return reader.f64();
    case tag.bigint:
      return reader.signed();
    case tag.text:
      return reader.text();
    case tag.bytes:
      return reader.bytes();
    case tag.array:
      return readArray(reader, versions);
    case tag.map:
      return readMap(reader, versions);
    case tag.set:
      return new Set(readArray(reader, versions));
    case tag.object:
      return readPlain(reader, versions);
    case tag.version:
      return readVersion(reader, versions);
    case tag.sameVersion:
      return versions[reader.u8()] ?? reader.fail();
    default:
      return reader.fail();
  }
}

function readArray(reader: ByteReader, versions: Version[]): unknown[] {
  const values: unknown[] = [];
  for (let left = reader.varint(); left > 0 && !reader.failed; left--) values.push(read(reader, versions));
  return values;
}

function readMap(reader: ByteReader, versions: Version[]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  for (let left = reader.varint(); left > 0 && !reader.failed; left--) {
    const key = read(reader, versions);
    map.set(key, read(reader, versions));
  }
  return map;
}

function readPlain(reader: ByteReader, versions: Version[]): Fields {
  const value: Fields = {};
  for (let left = reader.varint(); left > 0 && !reader.failed; left--) {
    const name = reader.text();
    value[name] = read(reader, versions);
  }
  return value;
}

function readVersion(reader: ByteReader, versions: Version[]): Version {
  const version: Version = { time: reader.varint(), priority: reader.varint(), index: reader.varint() };
  if (versions.length < maxShared) versions.push(version);
  return version;
}
