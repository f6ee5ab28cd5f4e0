/**
 * RESP3 messages out of bytes: keyspace events quickly, all else simply.
 *
 * Rules: what is asked on the connection and what the server pushes come out in the order they were sent. Keys are byte
 * strings. An event that begins with the same bytes as an earlier one of its kind (channel and pattern, up to the key's
 * length) is read without looking at them one by one. A message that makes no sense is a failure that sticks. Nothing is
 * parsed again before the bytes it was found to lack have come, so a large key costs no more than its length.
 *
 * It serves the event connection; for questions asked in RESP2 see `connection/reply-parser.ts`.
 */
import { ErrorReply } from '../connection/reply-parser.ts';

/** A RESP3 value; maps are flat lists. */
export type Value = string | number | null | boolean | ErrorReply | Value[];

/** Takes what was parsed, in order. */
export interface PushHandler {
  /** A message to a pattern. */
  message(pattern: string, channel: string, payload: string): void;
  /** Another push, such as the confirmation of a subscription. */
  push(values: readonly Value[]): void;
  /** The answer to a question. */
  reply(value: Value): void;
}

/** The longest string read, bytes: as long as a server accepts by default. */
export const maxStringBytes: number = 512 * 1024 * 1024;
/** Items of the longest list. */
const maxItems = 1024 * 1024;
const maxDepth = 8;
/** Beginnings of events that are remembered: two kinds in some databases. */
const maxHeads = 8;

const [cr, zero] = [13, 48];

/** The bytes an event begins with, up to and with the `$` before its key's length. */
interface Head {
  readonly bytes: Buffer;
  readonly pattern: string;
  readonly channel: string;
}

type Step = { readonly value: Value; readonly end: number } | { readonly lacks: number } | undefined;

/** Bytes in, messages out. */
export class PushParser {
  readonly #handler: PushHandler;
  #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes to be held before parsing makes sense again. */
  #wanted = 0;
  #heads: Head[] = [];
  #failed = false;

  constructor(handler: PushHandler) {
    this.#handler = handler;
  }

  /** Parses on. @returns false when the bytes make no sense; nothing is parsed after that. */
  push(chunk: Buffer): boolean {
    if (this.#failed) return false;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#wanted) return true;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    let at = 0;
    while (at < bytes.length) {
      const next = this.#event(bytes, at);
      if (next > 0) {
        at = next;
        continue;
      }
      const step = parse(bytes, at, 0);
      if (step === undefined) {
        this.#failed = true;
        return false;
      }
      if ('lacks' in step) {
        this.#wanted = bytes.length - at + Math.max(1, step.lacks);
        break;
      }
      this.#deliver(step.value, bytes, at, step.end);
      at = step.end;
    }
    this.#chunks = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#held = bytes.length - at;
    if (this.#held === 0) this.#wanted = 0;
    return true;
  }

  /** Reads an event with a known head that is wholly there. Returns where it ends, or 0. */
  #event(bytes: Buffer, start: number): number {
    for (const { bytes: head, pattern, channel } of this.#heads) {
      let at = start + head.length;
      if (at >= bytes.length || head.compare(bytes, start, at) !== 0) continue;
      let length = 0;
      for (; at < bytes.length && bytes[at] !== cr; at++) length = length * 10 + bytes[at]! - zero;
      const from = at + 2;
      const to = from + length;
      if (to + 2 > bytes.length) return 0;
      this.#handler.message(pattern, channel, bytes.toString('latin1', from, to));
      return to + 2;
    }
    return 0;
  }

  #deliver(value: Value, bytes: Buffer, start: number, end: number): void {
    if (String.fromCharCode(bytes[start]!) !== '>' || !Array.isArray(value)) {
      this.#handler.reply(value);
      return;
    }
    const [what, pattern, channel, payload] = value;
    if (
      what !== 'pmessage' ||
      typeof pattern !== 'string' ||
      typeof channel !== 'string' ||
      typeof payload !== 'string'
    ) {
      this.#handler.push(value);
      return;
    }
    const head = end - payload.length - 4 - String(payload.length).length;
    if (this.#heads.length >= maxHeads) this.#heads.shift();
    this.#heads.push({ bytes: Buffer.from(bytes.subarray(start, head)), pattern, channel });
    this.#handler.message(pattern, channel, payload);
  }
}

/** One value. Undefined: nonsense. */
function parse(bytes: Buffer, start: number, depth: number): Step {
  if (depth > maxDepth) return undefined;
  if (start >= bytes.length) return { lacks: 1 };
  const type = String.fromCharCode(bytes[start]!);
  if (!'+-:$*>%~=_#,('.includes(type)) return undefined;
  const lineEnd = bytes.indexOf('\r\n', start, 'latin1');
  if (lineEnd < 0) return { lacks: 1 };
  const line = bytes.toString('latin1', start + 1, lineEnd);
  const end = lineEnd + 2;
  switch (type) {
    case '+':
    case '(':
      return { value: line, end };
    case '-':
      return { value: new ErrorReply(line), end };
    case '_':
      return { value: null, end };
    case '#':
      return { value: line === 't', end };
    case ',':
      return { value: Number(line), end };
  }
  if (!/^-?\d{1,19}$/.test(line)) return undefined;
  const count = Number(line);
  if (type === ':') return { value: count, end };
  if (count === -1) return { value: null, end };
  if (count < 0) return undefined;
  if (type === '$' || type === '=') return text(bytes, end, count, type === '=' ? 4 : 0);
  return list(bytes, end, type === '%' ? 2 * count : count, depth);
}

/** @param skip - bytes that tell a verbatim text's format. */
function text(bytes: Buffer, start: number, length: number, skip: number): Step {
  if (length > maxStringBytes || length < skip) return undefined;
  const end = start + length + 2;
  if (end > bytes.length) return { lacks: end - bytes.length };
  return { value: bytes.toString('latin1', start + skip, end - 2), end };
}

function list(bytes: Buffer, start: number, count: number, depth: number): Step {
  if (count > maxItems) return undefined;
  const items: Value[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const step = parse(bytes, at, depth + 1);
    if (step === undefined || 'lacks' in step) return step;
    items.push(step.value);
    at = step.end;
  }
  return { value: items, end: at };
}
