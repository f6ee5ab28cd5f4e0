/** The replication stream of one server: its bytes, the history they belong to, and from where it can be continued. */
import { fromByteString } from '@entwine/core';

/** Where a replica wants to go on. */
export interface ResumePoint {
  readonly replicationId: string;
  /** Bytes of the stream before this place. */
  readonly offset: number;
}

/** What stands for no replication id. */
const noId = '0'.repeat(40);

const defaultBacklogBytes = 1024 * 1024;

/** Chunks that may be dead at the front before they are taken away. */
const deadChunks = 1024;

/** The stream, with a backlog of limited size. */
export class ReplicationLog {
  replicationId: string;
  /** The id of the history before, valid up to `secondOffset`. */
  secondId = noId;
  secondOffset = -1;
  readonly #backlogBytes: number;
  readonly #chunks: { readonly end: number; readonly bytes: Uint8Array }[] = [];
  /** The first chunk that is kept. */
  #first = 0;
  #start: number;
  #end: number;
  /** The database that the stream has selected; -1 when the next command must select. */
  selected = -1;

  constructor(replicationId: string, offset: number, backlogBytes: number = defaultBacklogBytes) {
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

  /** Appends bytes that end with a command. They are dropped later only as a whole, and not while the backlog needs one. */
  append(bytes: Uint8Array): void {
    this.#end += bytes.length;
    this.#chunks.push({ end: this.#end, bytes });
    while (this.#end - this.#chunks[this.#first]!.end >= this.#backlogBytes)
      this.#start = this.#chunks[this.#first++]!.end;
    if (this.#first < deadChunks) return;
    this.#chunks.splice(0, this.#first);
    this.#first = 0;
  }

  /** Appends a command, behind a SELECT when the stream has selected another database. */
  write(db: number, words: readonly string[]): void {
    if (db !== this.selected) this.append(encodeCommand(['SELECT', String(db)]));
    this.selected = db;
    this.append(encodeCommand(words));
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
    const joined = new Uint8Array(this.#end - from);
    let left = joined.length;
    for (let place = this.#chunks.length - 1; left > 0; place--) {
      const { bytes } = this.#chunks[place]!;
      const taken = bytes.length > left ? bytes.subarray(bytes.length - left) : bytes;
      left -= taken.length;
      joined.set(taken, left);
    }
    return joined;
  }

  /** A new history begins here; the one before stays valid up to here. */
  begin(replicationId: string): void {
    this.follow(this.replicationId, this.#end);
    this.replicationId = replicationId;
    this.selected = -1;
  }

  /** What another history holds up to an offset is ours too. */
  follow(replicationId: string, offset: number): void {
    this.secondId = replicationId;
    this.secondOffset = offset + 1;
  }
}

/** A command in the form of the stream. */
export function encodeCommand(words: readonly string[]): Uint8Array {
  let text = `*${words.length}\r\n`;
  for (const word of words) text += `$${word.length}\r\n${word}\r\n`;
  return fromByteString(text);
}
