/**
 * Reads the beginning of an RDB: whether it holds anything, and which database its stream goes on in.
 *
 * Rules: pure; holds at most `maxPreambleBytes`, and when they do not suffice the RDB counts as not empty. The magic
 * comes first (`REDIS` + 4 digits, `VALKEY` + 3 digits), then AUX fields, which are the only opcode passed over: the
 * end means empty, and everything else means not empty, be it a database, a function, module data, or an opcode that
 * only one of the two products knows. It does not read keys or values, and does not check the RDB (see `@entwine/rdb`).
 */

/** The most bytes looked at. */
export const maxPreambleBytes: number = 64 * 1024;

/** What an RDB's beginning tells. */
export type Preamble =
  | {
      readonly kind: 'known';
      /** No key, function or module data. */
      readonly empty: boolean;
      /** AUX `repl-stream-db`: the database that the stream behind this RDB goes on in; -1 when it does not say. */
      readonly streamDb: number;
    }
  | { readonly kind: 'need-more' }
  | { readonly kind: 'malformed'; readonly start: string };

const opcodeAux = 250;
const opcodeEnd = 255;
const magic = /^(REDIS\d{4}|VALKEY\d{3})$/;
const magicLength = 9;

/** A string's text (undefined when compressed) and end, or undefined when it is not complete. */
type Text = { readonly text: string | undefined; readonly end: number } | undefined | 'malformed';

/** Scans one RDB. */
export class PreambleScanner {
  #bytes: Buffer = Buffer.allocUnsafe(1024);
  #length = 0;
  #at = 0;
  #streamDb = -1;
  #result: Preamble = { kind: 'need-more' };

  /** Takes the next bytes. Once the answer is known, more bytes change nothing. */
  push(chunk: Uint8Array): Preamble {
    if (this.#result.kind !== 'need-more') return this.#result;
    this.#hold(chunk.subarray(0, maxPreambleBytes - this.#length));
    this.#result = this.#scan();
    if (this.#result.kind === 'need-more' && this.#length >= maxPreambleBytes) this.#result = this.#known(false);
    return this.#result;
  }

  #hold(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.min(maxPreambleBytes, Math.max(length, 2 * this.#bytes.length)));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }

  #scan(): Preamble {
    const bytes = this.#bytes.subarray(0, this.#length);
    if (this.#at === 0) {
      if (bytes.length < magicLength) return this.#result;
      const found = bytes.toString('latin1', 0, magicLength);
      if (!magic.test(found)) return { kind: 'malformed', start: found };
      this.#at = magicLength;
    }
    for (;;) {
      if (this.#at >= bytes.length) return this.#result;
      const opcode = bytes[this.#at]!;
      if (opcode !== opcodeAux) return this.#known(opcode === opcodeEnd);
      const name = readText(bytes, this.#at + 1);
      const value = typeof name === 'object' ? readText(bytes, name.end) : name;
      if (name === 'malformed' || value === 'malformed') {
        return { kind: 'malformed', start: bytes.toString('latin1', this.#at, this.#at + 16) };
      }
      if (name === undefined || value === undefined) return this.#result;
      if (name.text === 'repl-stream-db' && /^\d{1,9}$/.test(value.text ?? '')) this.#streamDb = Number(value.text);
      this.#at = value.end;
    }
  }

  #known(empty: boolean): Preamble {
    return { kind: 'known', empty, streamDb: this.#streamDb };
  }
}

/** An RDB string: a length of 6, 14, 32 or 64 bits and raw bytes, an integer of 8, 16 or 32 bits, or LZF. */
function readText(bytes: Buffer, at: number): Text {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first >> 6 !== 3) {
    const length = readLength(bytes, at);
    if (typeof length !== 'object') return length;
    const end = length.end + length.value;
    return end > bytes.length ? undefined : { text: bytes.toString('latin1', length.end, end), end };
  }
  const width = [1, 2, 4][first & 63];
  if (width !== undefined) {
    const end = at + 1 + width;
    return end > bytes.length ? undefined : { text: String(bytes.readIntLE(at + 1, width)), end };
  }
  return first === 0xc3 ? compressed(bytes, at + 1) : 'malformed';
}

function compressed(bytes: Buffer, at: number): Text {
  const packed = readLength(bytes, at);
  if (typeof packed !== 'object') return packed;
  const plain = readLength(bytes, packed.end);
  if (typeof plain !== 'object') return plain;
  const end = plain.end + packed.value;
  return end > bytes.length ? undefined : { text: undefined, end };
}

function readLength(bytes: Buffer, at: number): { value: number; end: number } | undefined | 'malformed' {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const width = first < 64 ? 1 : first < 128 ? 2 : first === 0x80 ? 5 : first === 0x81 ? 9 : 0;
  if (width === 0) return 'malformed';
  const end = at + width;
  if (end > bytes.length) return undefined;
  if (width === 1) return { value: first, end };
  if (width === 2) return { value: ((first & 63) << 8) | bytes[at + 1]!, end };
  return { value: width === 5 ? bytes.readUInt32BE(at + 1) : Number(bytes.readBigUInt64BE(at + 1)), end };
}
