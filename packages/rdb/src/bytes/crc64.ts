/**
 * CRC-64 with the polynomial of Jones, reflected, as Redis appends it to payloads and files; eight bytes a step.
 *
 * Every table and register is kept as two halves of 32 bits, so that no step makes a big integer.
 */

const low: readonly Uint32Array[] = Array.from({ length: 8 }, () => new Uint32Array(256));
const high: readonly Uint32Array[] = Array.from({ length: 8 }, () => new Uint32Array(256));
fillTables();

/**
 * The checksum of the bytes from `start` to `end` (exclusive), an unsigned 64-bit integer.
 * @param before - the checksum of what stands before them.
 */
export function crc64(bytes: Uint8Array, start: number = 0, end: number = bytes.length, before: bigint = 0n): bigint {
  const [l0, l1, l2, l3, l4, l5, l6, l7] = low as readonly [Slice, Slice, Slice, Slice, Slice, Slice, Slice, Slice];
  const [h0, h1, h2, h3, h4, h5, h6, h7] = high as readonly [Slice, Slice, Slice, Slice, Slice, Slice, Slice, Slice];
  let lo = Number(before & 0xffffffffn) | 0;
  let hi = Number(before >> 32n) | 0;
  let i = start;
  for (; i + 8 <= end; i += 8) {
    lo ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    hi ^= bytes[i + 4]! | (bytes[i + 5]! << 8) | (bytes[i + 6]! << 16) | (bytes[i + 7]! << 24);
    const a = lo & 255;
    const b = (lo >>> 8) & 255;
    const c = (lo >>> 16) & 255;
    const d = lo >>> 24;
    const e = hi & 255;
    const f = (hi >>> 8) & 255;
    const g = (hi >>> 16) & 255;
    const h = hi >>> 24;
    lo = l7[a]! ^ l6[b]! ^ l5[c]! ^ l4[d]! ^ l3[e]! ^ l2[f]! ^ l1[g]! ^ l0[h]!;
    hi = h7[a]! ^ h6[b]! ^ h5[c]! ^ h4[d]! ^ h3[e]! ^ h2[f]! ^ h1[g]! ^ h0[h]!;
  }
  for (; i < end; i++) {
    const index = (lo ^ bytes[i]!) & 255;
    lo = ((lo >>> 8) | (hi << 24)) ^ l0[index]!;
    hi = (hi >>> 8) ^ h0[index]!;
  }
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

type Slice = Uint32Array;

function fillTables(): void {
  for (let i = 0; i < 256; i++) {
    let lo = i;
    let hi = 0;
    for (let bit = 0; bit < 8; bit++) {
      const odd = lo & 1;
      lo = (lo >>> 1) | (hi << 31);
      hi >>>= 1;
      if (odd) {
        lo ^= 0xac4bc9b5;
        hi ^= 0x95ac9329;
      }
    }
    low[0]![i] = lo;
    high[0]![i] = hi;
  }
  for (let slice = 1; slice < 8; slice++) {
    for (let i = 0; i < 256; i++) {
      const lo = low[slice - 1]![i]!;
      const hi = high[slice - 1]![i]!;
      low[slice]![i] = ((lo >>> 8) | (hi << 24)) ^ low[0]![lo & 255]!;
      high[slice]![i] = (hi >>> 8) ^ high[0]![lo & 255]!;
    }
  }
}
