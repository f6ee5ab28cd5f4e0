/**
 * The content of a `state` as bytes: a code for its kind, which stands with the op's flags, and then its elements behind
 * their number.
 *
 * Rules: order is kept as it came. A declared number reserves nothing: elements are read until they are there or the
 * bytes end, and each takes at least one byte.
 */
import type { ByteReader } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import type { ByteWriter } from '../bytes/byte-writer.ts';
import type { KeyContent, StreamDelivery, StreamGroup } from './entry.ts';

type Kind = KeyContent['kind'];
type Of<K extends Kind> = Extract<KeyContent, { readonly kind: K }>;

interface Form<K extends Kind> {
  readonly code: number;
  readonly write: (writer: ByteWriter, content: Of<K>) => void;
  readonly read: (reader: ByteReader) => KeyContent;
}

const forms: { readonly [K in Kind]: Form<K> } = {
  string: {
    code: 1,
    write: (writer, { value }) => writer.bytes(value),
    read: (reader) => ({ kind: 'string', value: reader.bytes() }),
  },
  list: {
    code: 2,
    write: (writer, { elements }) => writeList(writer, elements),
    read: (reader) => ({ kind: 'list', elements: readList(reader) }),
  },
  set: {
    code: 3,
    write: (writer, { members }) => writeEach(writer, members, writeText),
    read: (reader) => ({ kind: 'set', members: readEach(reader, readText) }),
  },
  zset: {
    code: 4,
    write: (writer, { members }) => writeEach(writer, members, writeScored),
    read: (reader) => ({ kind: 'zset', members: readEach(reader, readScored) }),
  },
  hash: {
    code: 5,
    write: (writer, { fields }) => writeEach(writer, fields, writeField),
    read: (reader) => ({ kind: 'hash', fields: readEach(reader, readField) }),
  },
  stream: {
    code: 6,
    write: (writer, content) => {
      writeEach(writer, content.entries, writeStreamEntry);
      writer.text(content.lastId);
      writeEach(writer, content.groups, writeGroup);
    },
    read: (reader) => ({
      kind: 'stream',
      entries: readEach(reader, readStreamEntry),
      lastId: reader.text(),
      groups: readEach(reader, readGroup),
    }),
  },
  module: {
    code: 7,
    write: (writer, { payload }) => writer.bytes(payload),
    read: (reader) => ({ kind: 'module', payload: reader.bytes() }),
  },
};

const byCode = Object.values(forms).sort((a, b) => a.code - b.code);

/** No content at all: there is no such key. */
export const noContent = 0;
/** The highest code of a kind. */
export const lastContent: number = byCode.length;

/** The code of a content's kind, 1 to `lastContent`. */
export function contentCode(content: KeyContent): number {
  return forms[content.kind].code;
}

/** Appends a content, without its code. */
export function writeContent(writer: ByteWriter, content: KeyContent): void {
  (forms[content.kind] as Form<Kind>).write(writer, content as never);
}

/** Reads a content of the kind that `code` says; of no kind makes the reader fail. */
export function readContent(reader: ByteReader, code: number): KeyContent {
  const form = byCode[code - 1];
  if (form !== undefined) return form.read(reader);
  reader.fail();
  return { kind: 'set', members: [] };
}

/** Appends byte sequences behind their number. */
export function writeList(writer: ByteWriter, list: readonly Uint8Array[]): void {
  writeEach(writer, list, writeBytes);
}

/** Reads byte sequences behind their number. */
export function readList(reader: ByteReader): Uint8Array[] {
  return readEach(reader, readBytes);
}

/** Appends elements behind their number. */
export function writeEach<T>(
  writer: ByteWriter,
  items: readonly T[],
  write: (writer: ByteWriter, item: T) => void,
): void {
  writer.varint(items.length);
  for (const item of items) write(writer, item);
}

/** Reads elements behind their number. */
export function readEach<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const items: T[] = [];
  const count = reader.varint();
  if (count > reader.remaining) reader.fail();
  for (let i = 0; i < count && !reader.failed; i++) items.push(read(reader));
  return items;
}

const writeBytes = (writer: ByteWriter, bytes: Uint8Array): void => writer.bytes(bytes);
const readBytes = (reader: ByteReader): Uint8Array => reader.bytes();
const writeText = (writer: ByteWriter, text: ByteString): void => writer.text(text);
const readText = (reader: ByteReader): ByteString => reader.text();

function writeScored(writer: ByteWriter, scored: readonly [ByteString, number]): void {
  writer.text(scored[0]);
  writer.f64(scored[1]);
}

function readScored(reader: ByteReader): [ByteString, number] {
  return [reader.text(), reader.f64()];
}

function writeField(writer: ByteWriter, field: Of<'hash'>['fields'][number]): void {
  writer.text(field[0]);
  writer.bytes(field[1]);
  writeOptional(writer, field[2]);
}

function readField(reader: ByteReader): [ByteString, Uint8Array, number | null] {
  return [reader.text(), reader.bytes(), readOptional(reader)];
}

function writeStreamEntry(writer: ByteWriter, entry: Of<'stream'>['entries'][number]): void {
  writer.text(entry[0]);
  writeList(writer, entry[1]);
}

function readStreamEntry(reader: ByteReader): [ByteString, Uint8Array[]] {
  return [reader.text(), readList(reader)];
}

function writeGroup(writer: ByteWriter, group: StreamGroup): void {
  writer.text(group.name);
  writer.text(group.lastId);
  writeOptional(writer, group.entriesRead < 0 ? null : group.entriesRead);
  writeEach(writer, group.consumers, writeText);
  writeEach(writer, group.pending, writeDelivery);
}

function readGroup(reader: ByteReader): StreamGroup {
  return {
    name: reader.text(),
    lastId: reader.text(),
    entriesRead: readOptional(reader) ?? -1,
    consumers: readEach(reader, readText),
    pending: readEach(reader, readDelivery),
  };
}

function writeDelivery(writer: ByteWriter, delivery: StreamDelivery): void {
  writer.text(delivery.id);
  writer.text(delivery.consumer);
  writer.varint(delivery.timeMs);
  writer.varint(delivery.count);
}

function readDelivery(reader: ByteReader): StreamDelivery {
  return { id: reader.text(), consumer: reader.text(), timeMs: reader.varint(), count: reader.varint() };
}

function writeOptional(writer: ByteWriter, value: number | null): void {
  writer.u8(value === null ? 0 : 1);
  if (value !== null) writer.varint(value);
}

function readOptional(reader: ByteReader): number | null {
  const there = reader.u8();
  if (there > 1) reader.fail();
  return there === 1 ? reader.varint() : null;
}
