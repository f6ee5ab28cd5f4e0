/**
 * Values as plain JSON, to be compared and kept: bytes as latin1 text, big integers and scores as text, what has no order
 * sorted.
 */
import type { RdbValue, StreamId } from '../src/index.ts';

export type Plain = null | string | number | readonly Plain[] | { readonly [name: string]: Plain };

export function plainOf(value: RdbValue): Plain {
  switch (value.kind) {
    case 'string':
      return { kind: value.kind, value: latin1(value.value) };
    case 'list':
      return { kind: value.kind, elements: value.elements.map(latin1) };
    case 'set':
      return { kind: value.kind, members: value.members.map(latin1).sort() };
    case 'zset':
      return {
        kind: value.kind,
        members: sorted(value.members.map(({ member, score }) => [latin1(member), plainScore(score)])),
      };
    case 'hash':
      return {
        kind: value.kind,
        fields: sorted(value.fields.map((one) => [latin1(one.field), latin1(one.value), one.expiresAt])),
      };
    case 'stream': {
      const { idempotency } = value;
      return {
        kind: value.kind,
        entries: value.entries.map((entry) => [plainId(entry), entry.fields.map(latin1)]),
        lastId: plainId(value.lastId),
        firstId: plainId(value.firstId),
        maxDeletedId: plainId(value.maxDeletedId),
        entriesAdded: `${value.entriesAdded}`,
        groups: value.groups.map((group) => ({
          name: latin1(group.name),
          lastId: plainId(group.lastId),
          entriesRead: group.entriesRead === null ? null : `${group.entriesRead}`,
          pending: group.pending.map(({ id, consumer, deliveryTimeMs, deliveryCount }) => [
            plainId(id),
            consumer === null ? null : latin1(consumer),
            deliveryTimeMs,
            `${deliveryCount}`,
          ]),
          consumers: group.consumers.map((one) => [latin1(one.name), one.seenTimeMs, one.activeTimeMs]),
          nacked: group.nacked.map(plainId),
        })),
        idempotency: idempotency && {
          durationSeconds: `${idempotency.durationSeconds}`,
          maxEntries: `${idempotency.maxEntries}`,
          producers: idempotency.producers.map(({ name, messages }) => [
            latin1(name),
            messages.map(({ messageId, id }) => [latin1(messageId), plainId(id)]),
          ]),
          added: `${idempotency.added}`,
          duplicates: `${idempotency.duplicates}`,
        },
      };
    }
    case 'module':
      return { kind: value.kind, type: value.type, encodingVersion: value.encodingVersion };
  }
}

/** Without what no command of a server tells: the messages that a stream remembers of its producers. */
export function toldOf(value: RdbValue): Plain {
  const plain = plainOf(value) as Readonly<Record<string, Plain>>;
  if (value.kind !== 'stream' || value.idempotency === null) return plain;
  const { producers, ...counters } = plain.idempotency as Readonly<Record<string, Plain>>;
  return { ...plain, idempotency: counters };
}

export function plainScore(score: number): string {
  return Object.is(score, -0) ? '-0' : String(score);
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** By the first text of each. */
export function sorted<T extends readonly Plain[]>(rows: readonly T[]): T[] {
  return [...rows].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

function plainId({ ms, seq }: StreamId): string {
  return `${ms}-${seq}`;
}
