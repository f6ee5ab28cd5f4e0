/** What keys of the model hold. */

export interface StringValue {
  readonly type: 'string';
  text: string;
}

export interface ListValue {
  readonly type: 'list';
  items: string[];
}

export interface HashValue {
  readonly type: 'hash';
  readonly fields: Map<string, string>;
}

export interface SetValue {
  readonly type: 'set';
  readonly members: Set<string>;
}

export interface ZsetValue {
  readonly type: 'zset';
  readonly scores: Map<string, number>;
  /** The members by score, then by bytes; undefined until somebody asks for it. Changes of `scores` have to keep it right. */
  order?: string[] | undefined;
  /** Whether it has outgrown the packed form, which keeps no sign of zero; undefined until somebody asks for it. */
  isLarge?: boolean;
}

/** 128 bits: the milliseconds, then the sequence number. */
export type StreamId = bigint;

export interface StreamEntry {
  readonly id: StreamId;
  /** Fields and values in turn. */
  readonly fields: readonly string[];
  /** Its place in the node is kept until the whole node goes. */
  isDeleted: boolean;
}

/** A run of entries that are stored together: what approximate trimming removes at once. */
export interface StreamNode {
  /** In the order of IDs. */
  readonly entries: StreamEntry[];
  /** How many of them are not deleted. */
  live: number;
  /** What they take in the memory of a server. */
  bytes: number;
}

/** A delivery that is not acknowledged. */
export interface PendingEntry {
  readonly id: StreamId;
  consumer: string;
  /** Unix milliseconds. */
  time: number;
  count: bigint;
}

export interface StreamConsumer {
  /** Unix milliseconds. */
  seen: number;
}

export interface StreamGroup {
  last: StreamId;
  /** Entries read so far; undefined when it is not known. */
  read: bigint | undefined;
  /** In the order of IDs. */
  readonly pending: PendingEntry[];
  readonly consumers: Map<string, StreamConsumer>;
}

export interface StreamValue {
  readonly type: 'stream';
  readonly nodes: StreamNode[];
  /** Entries that are not deleted. */
  length: number;
  last: StreamId;
  /** The greatest ID that XDEL has deleted. */
  maxDeleted: StreamId;
  added: bigint;
  readonly groups: Map<string, StreamGroup>;
}

export type ModelValue = StringValue | ListValue | HashValue | SetValue | ZsetValue | StreamValue;

export type ModelType = ModelValue['type'];

/** Whether a value holds nothing, so that its key has to go. Streams stay. */
export function isEmpty(value: ModelValue): boolean {
  switch (value.type) {
    case 'list':
      return value.items.length === 0;
    case 'hash':
      return value.fields.size === 0;
    case 'set':
      return value.members.size === 0;
    case 'zset':
      return value.scores.size === 0;
    default:
      return false;
  }
}
