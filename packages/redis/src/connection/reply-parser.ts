/**
 * RESP2 replies out of bytes.
 *
 * Rules: values out, no callbacks; a malformed reply is a failure that sticks. Text is latin1, a character a byte. It
 * serves the few questions asked of a server (INFO, CONFIG, REPLCONF …), so it parses simply and from the start when a
 * reply was not complete; it is not for the replication stream nor for the applier's replies.
 */

/** An error reply, without the leading `-`. */
export class ErrorReply {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** One reply; status and bulk replies are both strings. */
export type Reply = string | number | null | ErrorReply | Reply[];

/** The result of asking for the next reply. */
export type ReplyResult =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'need-more' }
  | { readonly kind: 'malformed'; readonly start: string };

/** The longest reply read, bytes. */
export const maxReplyBytes: number = 16 * 1024 * 1024;

const needMore: ReplyResult = { kind: 'need-more' };
const maxDepth = 8;

type Step = { readonly reply: Reply; readonly end: number } | 'need-more' | 'malformed';

/** Takes bytes, gives replies in order. */
export class ReplyParser {
  #held: Buffer = Buffer.alloc(0);
  #failed: ReplyResult | undefined;

  push(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
  }

  next(): ReplyResult {
    if (this.#failed) return this.#failed;
    const step = parse(this.#held, 0, 0);
    if (step === 'need-more' && this.#held.length <= maxReplyBytes) return needMore;
    if (typeof step === 'string') {
      this.#failed = { kind: 'malformed', start: this.#held.toString('latin1', 0, 64) };
      return this.#failed;
    }
    this.#held = this.#held.subarray(step.end);
    return { kind: 'reply', reply: step.reply };
  }

  /** What was pushed and not yet given out; the parser is empty afterwards. */
  takeRest(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }
}

function parse(bytes: Buffer, start: number, depth: number): Step {
  if (start >= bytes.length) return 'need-more';
  const type = String.fromCharCode(bytes[start]!);
  if (!'+-:$*'.includes(type) || depth > maxDepth) return 'malformed';
  const lineEnd = bytes.indexOf('\r\n', start, 'latin1');
  if (lineEnd < 0) return 'need-more';
  const line = bytes.toString('latin1', start + 1, lineEnd);
  const end = lineEnd + 2;
  if (type === '+') return { reply: line, end };
  if (type === '-') return { reply: new ErrorReply(line), end };
  if (!/^-?\d{1,19}$/.test(line)) return 'malformed';
  const count = Number(line);
  if (type === ':') return { reply: count, end };
  if (count === -1) return { reply: null, end };
  if (count < 0 || count > maxReplyBytes) return 'malformed';
  return type === '$' ? bulk(bytes, end, count) : array(bytes, end, count, depth);
}

function bulk(bytes: Buffer, start: number, length: number): Step {
  if (bytes.length < start + length + 2) return 'need-more';
  return { reply: bytes.toString('latin1', start, start + length), end: start + length + 2 };
}

function array(bytes: Buffer, start: number, count: number, depth: number): Step {
  const items: Reply[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const step = parse(bytes, at, depth + 1);
    if (typeof step === 'string') return step;
    items.push(step.reply);
    at = step.end;
  }
  return { reply: items, end: at };
}
