/**
 * What a server sends after PSYNC, as events: the answer, the snapshot passed over, then the stream.
 *
 * Rules: bytes in, events out; it writes nothing and knows no time. Empty lines before the answer and before the RDB are
 * keepalives. An RDB is passed over as it comes, by its length or up to its mark; only its beginning is looked at. What
 * follows in the same chunk is stream. A malformed answer is an event that sticks. Stream bytes are not parsed.
 */
import { MarkFinder } from './mark-finder.ts';
import { PreambleScanner } from './preamble-scanner.ts';

/** An event of an attachment, in the order of the bytes. */
export type PsyncEvent =
  | { readonly kind: 'continue'; readonly replicationId: string | undefined }
  /** A snapshot begins; `full` follows at its end. */
  | { readonly kind: 'snapshot' }
  | {
      readonly kind: 'full';
      readonly replicationId: string;
      readonly offset: number;
      readonly empty: boolean;
      readonly streamDb: number;
    }
  | { readonly kind: 'bytes'; readonly chunk: Buffer }
  | { readonly kind: 'refused'; readonly reply: string }
  | { readonly kind: 'malformed'; readonly start: string };

/** The longest answer line. */
export const maxLineBytes: number = 1024;

type State = 'answer' | 'rdb-header' | 'rdb-length' | 'rdb-mark' | 'stream' | 'failed';

/** Reads one attachment. */
export class PsyncReader {
  #state: State = 'answer';
  #line = '';
  #full = { replicationId: '', offset: 0 };
  #left = 0;
  #mark: MarkFinder | undefined;
  #scanner: PreambleScanner = new PreambleScanner();

  /** Whether everything from here on is stream, so that chunks need not pass through here. */
  get streaming(): boolean {
    return this.#state === 'stream';
  }

  read(chunk: Buffer): PsyncEvent[] {
    const events: PsyncEvent[] = [];
    let at = 0;
    while (at < chunk.length && this.#state !== 'failed') {
      if (this.#state === 'stream') {
        events.push({ kind: 'bytes', chunk: at === 0 ? chunk : chunk.subarray(at) });
        return events;
      }
      at = this.#state === 'answer' || this.#state === 'rdb-header' ? this.#readLine(chunk, at, events) : at;
      if (at < chunk.length && this.#state === 'rdb-length') at = this.#passLength(chunk, at, events);
      else if (at < chunk.length && this.#state === 'rdb-mark') at = this.#passMark(chunk, at, events);
    }
    return events;
  }

  #readLine(chunk: Buffer, start: number, events: PsyncEvent[]): number {
    const newline = chunk.indexOf(10, start);
    const end = newline < 0 ? chunk.length : newline;
    this.#line += chunk.toString('latin1', start, Math.min(end, start + maxLineBytes + 1));
    if (this.#line.length > maxLineBytes) this.#malformed(events);
    else if (newline >= 0) {
      this.#line = this.#line.replace(/\r$/, '');
      if (this.#line !== '') {
        if (this.#state === 'answer') this.#answer(events);
        else this.#rdbHeader(events);
      }
      if (this.#state !== 'failed') this.#line = '';
    }
    return newline < 0 ? end : newline + 1;
  }

  #answer(events: PsyncEvent[]): void {
    const line = this.#line;
    const full = /^\+FULLRESYNC ([0-9a-f]{40}) (\d{1,16})$/i.exec(line);
    const more = /^\+CONTINUE(?: ([0-9a-f]{40}))?\s*$/i.exec(line);
    if (full) {
      this.#full = { replicationId: full[1]!, offset: Number(full[2]) };
      this.#state = 'rdb-header';
      events.push({ kind: 'snapshot' });
    } else if (more) {
      this.#state = 'stream';
      events.push({ kind: 'continue', replicationId: more[1] });
    } else if (line.startsWith('-')) {
      this.#state = 'failed';
      events.push({ kind: 'refused', reply: line.slice(1) });
    } else this.#malformed(events);
  }

  #rdbHeader(events: PsyncEvent[]): void {
    const line = this.#line;
    const marked = /^\$EOF:(.{40})$/s.exec(line);
    if (marked) {
      this.#mark = new MarkFinder(Buffer.from(marked[1]!, 'latin1'));
      this.#state = 'rdb-mark';
    } else if (/^\$\d{1,16}$/.test(line) && Number(line.slice(1)) > 0) {
      this.#left = Number(line.slice(1));
      this.#state = 'rdb-length';
    } else if (line.startsWith('-')) {
      this.#state = 'failed';
      events.push({ kind: 'refused', reply: line.slice(1) });
    } else this.#malformed(events);
  }

  #passLength(chunk: Buffer, start: number, events: PsyncEvent[]): number {
    const end = Math.min(chunk.length, start + this.#left);
    this.#left -= end - start;
    this.#scan(chunk.subarray(start, end), this.#left === 0, events);
    return end;
  }

  #passMark(chunk: Buffer, start: number, events: PsyncEvent[]): number {
    const rest = start === 0 ? chunk : chunk.subarray(start);
    const found = this.#mark!.find(rest);
    // The scanner has its answer before the mark, or else the RDB is malformed: feeding it the mark does no harm.
    this.#scan(found < 0 ? rest : rest.subarray(0, found), found >= 0, events);
    return found < 0 ? chunk.length : start + found;
  }

  #scan(piece: Buffer, last: boolean, events: PsyncEvent[]): void {
    const preamble = this.#scanner.push(piece);
    if (preamble.kind === 'malformed') {
      this.#line = preamble.start;
      this.#malformed(events);
    } else if (last && preamble.kind === 'need-more') {
      this.#line = 'a snapshot without an end';
      this.#malformed(events);
    } else if (last && preamble.kind === 'known') {
      this.#state = 'stream';
      events.push({ kind: 'full', ...this.#full, empty: preamble.empty, streamDb: preamble.streamDb });
    }
  }

  #malformed(events: PsyncEvent[]): void {
    this.#state = 'failed';
    events.push({ kind: 'malformed', start: this.#line.slice(0, 64) });
  }
}
