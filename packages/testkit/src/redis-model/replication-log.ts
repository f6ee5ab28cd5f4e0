/** The replication stream of one server: its bytes, the history they belong to, and from where it can be continued. */

/** Where a replica wants to go on. */
export interface ResumePoint {
  readonly replicationId: string;
  /** Bytes of the stream before this place. */
  readonly offset: number;
}

/** What stands for no replication id. */
const noId = '0'.repeat(40);

const defaultBacklogBytes = 1024 * 1024;

/** Bytes are kept in pages, which are dropped as a whole: no longer than this, and a part of the backlog. */
const longestPage = 4096;
const pagesOfBacklog = 8;

/** The stream, with a backlog of limited size. */
export class ReplicationLog {
  replicationId: string;
  /** The id of the history before, valid up to `secondOffset`. */
  secondId: string = noId;
  secondOffset = -1;
  readonly #backlogBytes: number;
  readonly #pageBytes: number;
  readonly #pages: Buffer[] = [];
  #start: number;
  #end: number;
  /** The database that the stream has selected; -1 when the next command must select. */
  selected = -1;

  constructor(replicationId: string, offset: number, backlogBytes: number = defaultBacklogBytes) {
    this.replicationId = replicationId;
    this.#start = offset;
    this.#end = offset;
    this.#backlogBytes = backlogBytes;
    this.#pageBytes = Math.min(longestPage, Math.ceil(backlogBytes / pagesOfBacklog));
  }

  /** Offset of the first byte kept. */
  get start(): number {
    return this.#start;
  }

  /** Offset behind the last byte. */
  get end(): number {
    return this.#end;
  }

  /** Appends bytes that end with a command. */
  append(bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length; ) {
      const { page, at } = this.#open();
      const part = bytes.subarray(taken, taken + page.length - at);
      page.set(part, at);
      taken += part.length;
      this.#end += part.length;
    }
    this.#trim();
  }

  /** Appends a command, behind a SELECT when the stream has selected another database. */
  write(db: number, words: readonly string[]): void {
    if (db !== this.selected) this.#appendText(encoded(['SELECT', String(db)]));
    this.selected = db;
    this.#appendText(encoded(words));
  }

  /** Whether a replica may go on from there (`+CONTINUE`). */
  continues({ replicationId, offset }: ResumePoint): boolean {
    const ours = replicationId === this.replicationId;
    const earlier = replicationId === this.secondId && offset < this.secondOffset;
    return (ours || earlier) && offset >= this.#start && offset <= this.#end;
  }

  /** The bytes from an offset on, up to another or the end, which must be kept. */
  bytes(from: number, to: number = this.#end): Uint8Array {
    if (from < this.#start || from > to || to > this.#end)
      throw new RangeError(`the backlog holds ${this.#start} to ${this.#end}, not ${from} to ${to}`);
    const joined = new Uint8Array(to - from);
    const ahead = from - this.#start;
    let at = ahead % this.#pageBytes;
    for (let [place, taken] = [Math.floor(ahead / this.#pageBytes), 0]; taken < joined.length; place++, at = 0) {
      const part = this.#pages[place]!.subarray(at, at + joined.length - taken);
      joined.set(part, taken);
      taken += part.length;
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

  #appendText(text: string): void {
    for (let taken = 0; taken < text.length; ) {
      const { page, at } = this.#open();
      const count = Math.min(text.length - taken, page.length - at);
      page.write(count === text.length ? text : text.slice(taken, taken + count), at, 'latin1');
      taken += count;
      this.#end += count;
    }
    this.#trim();
  }

  /** The page that the next byte belongs to, and its place there. */
  #open(): { page: Buffer; at: number } {
    const at = (this.#end - this.#start) % this.#pageBytes;
    if (at === 0) this.#pages.push(Buffer.allocUnsafeSlow(this.#pageBytes));
    return { page: this.#pages.at(-1)!, at };
  }

  /** Drops the pages that the backlog does not need. */
  #trim(): void {
    while (this.#end - this.#start - this.#pageBytes >= this.#backlogBytes) {
      this.#pages.shift();
      this.#start += this.#pageBytes;
    }
  }
}

/** A command in the form of the stream. */
function encoded(words: readonly string[]): string {
  let text = `*${words.length}\r\n`;
  for (const word of words) text += `$${word.length}\r\n${word}\r\n`;
  return text;
}
