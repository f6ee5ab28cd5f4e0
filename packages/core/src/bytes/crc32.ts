/** CRC-32 (the polynomial of IEEE 802.3, as in zlib), four bytes a step. */

const tables: readonly Uint32Array[] = makeTables();

/** The checksum of the bytes from `start` to `end` (exclusive), as an unsigned integer. */
export function crc32(bytes: Uint8Array, start: number = 0, end: number = bytes.length): number {
  const t0 = tables[0]!;
  const t1 = tables[1]!;
  const t2 = tables[2]!;
  const t3 = tables[3]!;
  let crc = -1;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc = t3[crc & 255]! ^ t2[(crc >>> 8) & 255]! ^ t1[(crc >>> 16) & 255]! ^ t0[crc >>> 24]!;
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]!) & 255]!;
  return (crc ^ -1) >>> 0;
}

function makeTables(): Uint32Array[] {
  const made = [0, 1, 2, 3].map(() => new Uint32Array(256));
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    made[0]![i] = crc;
  }
  for (let t = 1; t < 4; t++) {
    for (let i = 0; i < 256; i++) {
      const previous = made[t - 1]![i]!;
      made[t]![i] = (previous >>> 8) ^ made[0]![previous & 255]!;
    }
  }
  return made;
}
