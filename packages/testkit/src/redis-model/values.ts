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
}

/** A delivery that is not acknowledged. */
export interface PendingEntry {
  consumer: string;
  /** Unix milliseconds. */
  time: number;
  count: number;
}

export interface StreamConsumer {
  /** Unix milliseconds. */
  seen: number;
}

export interface StreamGroup {
  /** IDs are `[ms, seq]`, joined as Redis shows them: `ms-seq`. */
  last: string;
  /** Entries read so far; undefined when it is not known. */
  read: bigint | undefined;
  readonly pending: Map<string, PendingEntry>;
  readonly consumers: Map<string, StreamConsumer>;
}

export interface StreamValue {
  readonly type: 'stream';
  /** By ID, in the order of IDs: fields and values in turn. */
  entries: Map<string, readonly string[]>;
  last: string;
  /** The greatest ID that XDEL has deleted. */
  maxDeleted: string;
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
