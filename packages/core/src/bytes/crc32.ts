/** CRC-32 (the polynomial of IEEE 802.3, as in zlib), eight bytes a step. */

/** Bytes of a step. */
const width = 8;
/** Eight tables of 256, one behind the other: of a byte, and of a byte with one to seven others behind it. */
const table: Int32Array = makeTable();

/** The checksum of the bytes from `start` to `end` (exclusive), as an unsigned integer. */
export function crc32(bytes: Uint8Array, start: number = 0, end: number = bytes.length): number {
  const t = table;
  let crc = -1;
  let i = start;
  for (; i + width <= end; i += width) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      t[0x700 + (crc & 255)]! ^
      t[0x600 + ((crc >>> 8) & 255)]! ^
      t[0x500 + ((crc >>> 16) & 255)]! ^
      t[0x400 + (crc >>> 24)]! ^
      t[0x300 + bytes[i + 4]!]! ^
      t[0x200 + bytes[i + 5]!]! ^
      t[0x100 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 255]!;
  return (crc ^ -1) >>> 0;
}

function makeTable(): Int32Array {
  const made = new Int32Array(width * 256);
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    made[i] = crc;
  }
  for (let i = 256; i < made.length; i++) {
    const previous = made[i - 256]!;
    made[i] = (previous >>> 8) ^ made[previous & 255]!;
  }
  return made;
}
