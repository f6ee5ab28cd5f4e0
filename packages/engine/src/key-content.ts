/**
 * What a key holds, from the payload of DUMP.
 *
 * A payload that cannot be read by elements (a module's value, a type newer than this version) travels as it is, for
 * RESTORE on a server of the same format.
 */
import { type ByteString, type KeyContent, type ReplyValue, streamIdFrom, toByteString } from '@entwine/core';
import { decodeDump, decodeFunctions, type RdbValue, type StreamId } from '@entwine/rdb';

/** The content by elements. */
export function contentOfDump(payload: Uint8Array): KeyContent {
  const decoded = decodeDump(payload);
  return (decoded.ok ? byElements(decoded.value) : undefined) ?? { kind: 'module', payload };
}

/** The codes in a payload of FUNCTION DUMP; undefined when it cannot be read. */
export function librariesOf(payload: Uint8Array): readonly Uint8Array[] | undefined {
  const decoded = decodeFunctions(payload);
  return decoded.ok ? decoded.codes : undefined;
}

/** A reply as text: bytes, a status, a number. */
export function textOf(value: ReplyValue): ByteString {
  return value instanceof Uint8Array ? toByteString(value) : String(value);
}

function byElements(value: RdbValue): KeyContent | undefined {
  switch (value.kind) {
    case 'string':
      return { kind: 'string', value: value.value };
    case 'list':
      return { kind: 'list', elements: value.elements };
    case 'set':
      return { kind: 'set', members: value.members.map((member) => toByteString(member)) };
    case 'zset':
      return {
        kind: 'zset',
        members: value.members.map(({ member, score }) => [toByteString(member), score] as const),
      };
    case 'hash':
      return {
        kind: 'hash',
        fields: value.fields.map((field) => [toByteString(field.field), field.value, field.expiresAt] as const),
      };
    case 'stream':
      return {
        kind: 'stream',
        entries: value.entries.map((entry) => [idOf(entry), entry.fields] as const),
        lastId: idOf(value.lastId),
        groups: value.groups.map((group) => ({
          name: toByteString(group.name),
          lastId: idOf(group.lastId),
          entriesRead: Number(group.entriesRead ?? -1),
          consumers: group.consumers.map(({ name }) => toByteString(name)),
          pending: group.pending.map((entry) => ({
            id: idOf(entry.id),
            consumer: toByteString(entry.consumer ?? new Uint8Array()),
            timeMs: Number(entry.deliveryTimeMs),
            count: Number(entry.deliveryCount),
          })),
        })),
      };
    case 'module':
      return undefined;
  }
}

function idOf({ ms, seq }: StreamId): ByteString {
  return streamIdFrom(ms, seq);
}
