/**
 * The values a key can hold, as this package hands them out and takes them.
 *
 * Rules: everything that is bytes to the server is `Uint8Array`, mostly a view of what was decoded, so the payload must
 * not be changed while its values are in use. Order is the server's; sets, hashes and sorted sets have none. What is 64
 * bits wide and not a time is `bigint`; times are numbers of Unix milliseconds. How the server had packed the value is
 * not kept. Whether members of a set or fields of a hash are distinct is not checked.
 */

export interface StringValue {
  readonly kind: 'string';
  readonly value: Uint8Array;
}

export interface ListValue {
  readonly kind: 'list';
  readonly elements: readonly Uint8Array[];
}

export interface SetValue {
  readonly kind: 'set';
  readonly members: readonly Uint8Array[];
}

export interface ZsetMember {
  readonly member: Uint8Array;
  /** Never NaN. */
  readonly score: number;
}

export interface ZsetValue {
  readonly kind: 'zset';
  readonly members: readonly ZsetMember[];
}

export interface HashField {
  readonly field: Uint8Array;
  readonly value: Uint8Array;
  /** When the field expires, in Unix milliseconds; null when it does not. */
  readonly expiresAt: number | null;
}

export interface HashValue {
  readonly kind: 'hash';
  readonly fields: readonly HashField[];
}

/** Both halves are unsigned 64-bit integers. */
export interface StreamId {
  readonly ms: bigint;
  readonly seq: bigint;
}

export interface StreamEntry {
  readonly ms: bigint;
  readonly seq: bigint;
  /** Names and values in turn. */
  readonly fields: readonly Uint8Array[];
}

/** An entry that was delivered and not acknowledged. */
export interface PendingEntry {
  readonly id: StreamId;
  /** The name of the consumer that has it; null when it was handed back to nobody (XNACK, Redis 8.8). */
  readonly consumer: Uint8Array | null;
  readonly deliveryTimeMs: number;
  readonly deliveryCount: bigint;
}

export interface StreamConsumer {
  readonly name: Uint8Array;
  readonly seenTimeMs: number;
  /** -1 when it never had an entry; null when the encoding does not tell (before Redis 7.2). */
  readonly activeTimeMs: number | null;
}

export interface StreamGroup {
  readonly name: Uint8Array;
  readonly lastId: StreamId;
  /** Null when it is not known. */
  readonly entriesRead: bigint | null;
  /** In the order of their ids. */
  readonly pending: readonly PendingEntry[];
  readonly consumers: readonly StreamConsumer[];
  /** Ids of the pending entries of nobody, in the order in which they are to be delivered again (Redis 8.8). */
  readonly nacked: readonly StreamId[];
}

/** A producer whose messages are told apart by ids of its own (XADD IDMP, Redis 8.6). */
export interface StreamProducer {
  readonly name: Uint8Array;
  readonly messages: readonly { readonly messageId: Uint8Array; readonly id: StreamId }[];
}

/** What a stream remembers to drop repeated messages (Redis 8.6). */
export interface StreamIdempotency {
  readonly durationSeconds: bigint;
  readonly maxEntries: bigint;
  readonly producers: readonly StreamProducer[];
  /** How many messages with such ids were ever added. */
  readonly added: bigint;
  /** How many were dropped. */
  readonly duplicates: bigint;
}

export interface StreamValue {
  readonly kind: 'stream';
  /** In the order of their ids; deleted ones are left out. */
  readonly entries: readonly StreamEntry[];
  readonly lastId: StreamId;
  /** The id of the first entry, 0-0 of an empty stream. */
  readonly firstId: StreamId;
  readonly maxDeletedId: StreamId;
  readonly entriesAdded: bigint;
  readonly groups: readonly StreamGroup[];
  /** Null when the encoding has none (before Redis 8.6). */
  readonly idempotency: StreamIdempotency | null;
}

/** A value of a module: named, not decoded. The payload it came in can be restored as it is. */
export interface ModuleValue {
  readonly kind: 'module';
  /** The nine characters of the module's type. */
  readonly type: string;
  /** The module's own version of its encoding, 0 to 1023. */
  readonly encodingVersion: number;
}

/** Any value of a key. */
export type RdbValue = StringValue | ListValue | SetValue | ZsetValue | HashValue | StreamValue | ModuleValue;

/** Whose numbering of value types a payload follows. They agree below 22. */
export type Flavour = 'redis' | 'valkey';
