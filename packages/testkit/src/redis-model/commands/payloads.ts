/** Values of the model as the payloads of DUMP, in a server's format though not byte for byte, and back. */
import { fromByteString, toByteString } from '@entwine/core';
import { decodeDump, type EncodableValue, encodeDump, type StreamId as RdbId, type RdbValue } from '@entwine/rdb';
import {
  isEmpty,
  type ModelValue,
  type PendingEntry,
  type StreamGroup,
  type StreamId,
  type StreamValue,
} from '../values.ts';
import { zsetOf } from './sorted-set-order.ts';
import { append, entriesBetween, firstIdOf, newStream, removeEntry } from './stream-entries.ts';
import { greatestId, idOf, msOf, seqOf } from './stream-ids.ts';

type RdbStream = Extract<RdbValue, { readonly kind: 'stream' }>;
type RdbGroup = RdbStream['groups'][number];

/** The RDB version of Redis 7.0. */
export const newestVersion = 10;

export function payloadOf(value: ModelValue): Uint8Array {
  return encodeDump(encodable(value), { flavour: 'redis', rdbVersion: newestVersion });
}

/** @returns undefined when it is no value that a key of this server can hold */
export function valueOfPayload(payload: Uint8Array): ModelValue | undefined {
  const decoded = decodeDump(payload);
  const value = decoded.ok ? modelled(decoded.value) : undefined;
  return value === undefined || isEmpty(value) ? undefined : value;
}

function encodable(value: ModelValue): EncodableValue {
  switch (value.type) {
    case 'string':
      return { kind: 'string', value: fromByteString(value.text) };
    case 'list':
      return { kind: 'list', elements: value.items.map(fromByteString) };
    case 'set':
      return { kind: 'set', members: Array.from(value.members, fromByteString) };
    case 'hash': {
      const fields = Array.from(value.fields, ([field, text]) => {
        return { field: fromByteString(field), value: fromByteString(text), expiresAt: null };
      });
      return { kind: 'hash', fields };
    }
    case 'zset': {
      const members = Array.from(value.scores, ([member, score]) => ({ member: fromByteString(member), score }));
      return { kind: 'zset', members };
    }
    case 'stream':
      return encodableStream(value);
  }
}

function encodableStream(stream: StreamValue): RdbStream {
  const entries = entriesBetween(stream, 0n, greatestId).map(({ id, fields }) => {
    return { ...rdbId(id), fields: fields.map(fromByteString) };
  });
  return {
    ...{ kind: 'stream', entries, entriesAdded: stream.added, idempotency: null },
    ...{ lastId: rdbId(stream.last), firstId: rdbId(firstIdOf(stream)), maxDeletedId: rdbId(stream.maxDeleted) },
    groups: Array.from(stream.groups, ([name, group]) => encodableGroup(name, group)),
  };
}

function encodableGroup(name: string, { last, read, pending, consumers }: StreamGroup): RdbGroup {
  return {
    ...{ name: fromByteString(name), lastId: rdbId(last), entriesRead: read ?? null, nacked: [] },
    pending: pending.map(({ id, consumer, time, count }) => {
      return { id: rdbId(id), consumer: fromByteString(consumer), deliveryTimeMs: time, deliveryCount: count };
    }),
    consumers: Array.from(consumers, ([consumer, { seen }]) => {
      return { name: fromByteString(consumer), seenTimeMs: seen, activeTimeMs: null };
    }),
  };
}

function modelled(value: RdbValue): ModelValue | undefined {
  switch (value.kind) {
    case 'string':
      return { type: 'string', text: text(value.value) };
    case 'list':
      return { type: 'list', items: value.elements.map(text) };
    case 'set':
      return { type: 'set', members: new Set(value.members.map(text)) };
    case 'hash':
      return { type: 'hash', fields: new Map(value.fields.map((one) => [text(one.field), text(one.value)])) };
    case 'zset':
      return zsetOf(new Map(value.members.map(({ member, score }) => [text(member), score])));
    case 'stream':
      return modelledStream(value);
    case 'module':
      return undefined;
  }
}

/** An entry that was deleted keeps its place among the others where it is known which one it was. */
function modelledStream({ entries, lastId, maxDeletedId, entriesAdded, groups }: RdbStream): StreamValue {
  const stream = newStream();
  const deleted = modelId(maxDeletedId);
  let isMissing = entriesAdded === BigInt(entries.length) + 1n;
  for (const entry of entries) {
    const [id, fields] = [modelId(entry), entry.fields.map(text)];
    if (isMissing && id > deleted) {
      if (stream.length > 0) appendDeleted(stream, deleted, fields);
      isMissing = false;
    }
    append(stream, id, fields);
  }
  stream.last = modelId(lastId);
  stream.maxDeleted = deleted;
  stream.added = entriesAdded;
  for (const group of groups) stream.groups.set(text(group.name), modelledGroup(group));
  return stream;
}

function appendDeleted(stream: StreamValue, id: StreamId, fields: readonly string[]): void {
  append(stream, id, fields);
  removeEntry(stream, id);
}

function modelledGroup({ lastId, entriesRead, pending, consumers }: RdbGroup): StreamGroup {
  return {
    ...{ last: modelId(lastId), read: entriesRead ?? undefined },
    pending: pending.map((entry): PendingEntry => {
      const { id, consumer, deliveryTimeMs, deliveryCount } = entry;
      return { id: modelId(id), consumer: text(consumer!), time: deliveryTimeMs, count: deliveryCount };
    }),
    consumers: new Map(consumers.map(({ name, seenTimeMs }) => [text(name), { seen: seenTimeMs }])),
  };
}

function text(bytes: Uint8Array): string {
  return toByteString(bytes);
}

function modelId({ ms, seq }: RdbId): StreamId {
  return idOf(ms, seq);
}

function rdbId(id: StreamId): RdbId {
  return { ms: msOf(id), seq: seqOf(id) };
}
