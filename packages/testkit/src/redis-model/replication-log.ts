/** The replication stream of one server: its bytes, the history they belong to, and from where it can be continued. */
import { fromByteString } from '@entwine/core';

/** Where a replica wants to go on. */
export interface ResumePoint {
  readonly replicationId: string;
  /** Bytes of the stream before this place. */
  readonly offset: number;
}

/** The stream, with a backlog of limited size. */
export class ReplicationLog {
  replicationId: string;
  /** The id of the history before, valid up to `secondOffset`. */
  secondId = '0'.repeat(40);
  secondOffset = -1;
  readonly #backlogBytes: number;
  #chunks: { readonly end: number; readonly bytes: Uint8Array }[] = [];
  #start: number;
  #end: number;
  /** The database that the stream has selected; -1 when the next command must select. */
  selected = -1;

  constructor(replicationId: string, offset: number, backlogBytes: number) {
    this.replicationId = replicationId;
    this.#start = offset;
    this.#end = offset;
    this.#backlogBytes = backlogBytes;
  }

  /** Offset of the first byte kept. */
  get start(): number {
    return this.#start;
  }

  /** Offset behind the last byte. */
  get end(): number {
    return this.#end;
  }

  /** Appends the bytes of one command. */
  append(bytes: Uint8Array): void {
    this.#end += bytes.length;
    this.#chunks.push({ end: this.#end, bytes });
    while (this.#end - this.#start > this.#backlogBytes && this.#chunks.length > 1) {
      this.#start = this.#chunks.shift()!.end;
    }
  }

  /** Whether a replica may go on from there (`+CONTINUE`). */
  continues({ replicationId, offset }: ResumePoint): boolean {
    const ours = replicationId === this.replicationId;
    const earlier = replicationId === this.secondId && offset < this.secondOffset;
    return (ours || earlier) && offset >= this.#start && offset <= this.#end;
  }

  /** The bytes from an offset on, which must be kept. */
  bytes(from: number): Uint8Array {
    if (from < this.#start || from > this.#end)
      throw new RangeError(`the backlog holds ${this.#start} to ${this.#end}, not ${from}`);
    const wanted = this.#chunks.filter(({ end }) => end > from);
    const joined = new Uint8Array(this.#end - from);
    let at = this.#end;
    for (const { bytes } of wanted.toReversed()) {
      const skip = Math.max(0, from - (at - bytes.length));
      joined.set(bytes.subarray(skip), at - bytes.length + skip - from);
      at -= bytes.length;
    }
    return joined;
  }

  /** A new history begins here; the one before stays valid up to here. */
  begin(replicationId: string): void {
    this.secondId = this.replicationId;
    this.secondOffset = this.#end + 1;
    this.replicationId = replicationId;
    this.selected = -1;
  }
}

/** A command in the form of the stream. */
export function encodeCommand(words: readonly string[]): Uint8Array {
  let text = `*${words.length}\r\n`;
  for (const word of words) text += `$${word.length}\r\n${word}\r\n`;
  return fromByteString(text);
}
