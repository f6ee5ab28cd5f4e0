/** Payloads put together by hand, for encodings that no server at hand writes any more, or yet. */
import { crc64 } from '../src/bytes/crc64.ts';

export type Piece = number | string | Uint8Array | readonly Piece[];

/** Bytes of numbers (a byte each), latin1 texts and bytes. */
export function bytesOf(...pieces: readonly Piece[]): Uint8Array {
  return Uint8Array.from(
    Buffer.concat(
      pieces.map((piece) => {
        if (typeof piece === 'number') return Buffer.of(piece);
        if (typeof piece === 'string') return Buffer.from(piece, 'latin1');
        return piece instanceof Uint8Array ? piece : bytesOf(...piece);
      }),
    ),
  );
}

/** A string of RDB: a length of 32 bits, and the bytes. */
export function string(...pieces: readonly Piece[]): Uint8Array {
  const bytes = bytesOf(...pieces);
  const length = Buffer.alloc(5, 0x80);
  length.writeUInt32BE(bytes.length, 1);
  return bytesOf(length, bytes);
}

/** A whole payload. @param checksum - 0 leaves it unchecked. */
export function payload(version: number, checksum: 'right' | 0, ...pieces: readonly Piece[]): Uint8Array {
  const head = bytesOf(...pieces, version & 255, version >> 8);
  const footer = Buffer.alloc(8);
  if (checksum === 'right') footer.writeBigUInt64LE(crc64(head));
  return bytesOf(head, footer);
}

/** The payload with other bytes before its footer, unchecked. */
export function withBody(whole: Uint8Array, body: Uint8Array): Uint8Array {
  return bytesOf(body, whole.subarray(whole.length - 10, whole.length - 8), new Uint8Array(8));
}

/** Little endian. */
export function little(value: number | bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = Number((BigInt.asUintN(64, BigInt(value)) >> BigInt(8 * i)) & 255n);
  return bytes;
}

/** A ziplist of texts; a number is an element that is encoded already. */
export function ziplist(...elements: readonly (string | Uint8Array)[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let before = 0;
  for (const element of elements) {
    const prefix = before < 254 ? bytesOf(before) : bytesOf(254, little(before, 4));
    const encoded = typeof element === 'string' ? ziplistString(element) : element;
    const part = bytesOf(prefix, encoded);
    parts.push(part);
    before = part.length;
  }
  const body = bytesOf(...parts);
  const total = 10 + body.length + 1;
  return bytesOf(little(total, 4), little(total - 1 - before, 4), little(elements.length, 2), body, 255);
}

function ziplistString(text: string): Uint8Array {
  const { length } = text;
  if (length < 64) return bytesOf(length, text);
  if (length < 16384) return bytesOf(0x40 | (length >> 8), length & 255, text);
  const long = Buffer.alloc(4);
  long.writeUInt32BE(length);
  return bytesOf(0x80, long, text);
}

/** A listpack of texts and of elements that are encoded already. */
export function listpack(...elements: readonly (string | Uint8Array)[]): Uint8Array {
  const body = bytesOf(
    ...elements.map((element) => {
      const encoded = typeof element === 'string' ? bytesOf(0x80 | element.length, element) : element;
      return bytesOf(encoded, encoded.length);
    }),
  );
  return bytesOf(little(body.length + 7, 4), little(elements.length, 2), body, 255);
}

/** Two halves of an id, big endian. */
export function rawId(ms: number, seq: number): Uint8Array {
  return bytesOf(little(ms, 8).reverse(), little(seq, 8).reverse());
}
