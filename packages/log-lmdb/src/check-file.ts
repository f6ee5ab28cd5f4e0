/**
 * Looks at an LMDB file before LMDB does.
 *
 * Two reasons, both crashes of the whole process: lmdb-js 3.5.6 uses freed memory when `mdb_env_open` fails for whatever
 * reason (`EnvWrap::openEnv` deletes its context, then `closeEnv` reads it), and reading a mapped page beyond the end of
 * a file that was cut short is SIGBUS. So what would make the open fail is found here first, and a short file is made
 * as long as its meta pages say: the pages that are lost read as zeros, and fail their checksums.
 *
 * It does not look at anything but the two meta pages. Damage in LMDB's inner pages is not covered by any checksum.
 */
import { accessSync, closeSync, constants, existsSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { LogError } from './log-error.ts';

/** `MDB_meta` of liblmdb as lmdb-js builds it (data version 2, 64 bit), offsets from the start of the page. */
const layout = { magic: 24, version: 28, pageSize: 48, lastPage: 144, length: 152 } as const;
const magic = 0xbeefc0de;
const dataVersion = 2;

/**
 * Returns when LMDB can open the file, which may be missing or empty.
 * @throws LogError `corrupt`; errors of the file system as they are.
 */
export function checkFile(file: string): void {
  for (const path of [file, `${file}-lock`]) {
    if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
  }
  if (!existsSync(file)) return;
  const descriptor = openSync(file, 'r+');
  try {
    const { size } = fstatSync(descriptor);
    if (size === 0) return;
    const first = readMeta(descriptor, 0, file);
    const second = readMeta(descriptor, first.pageSize, file);
    const needed = (Math.max(first.lastPage, second.lastPage) + 1) * first.pageSize;
    if (size < needed) ftruncateSync(descriptor, needed);
  } finally {
    closeSync(descriptor);
  }
}

function readMeta(descriptor: number, at: number, file: string): { pageSize: number; lastPage: number } {
  const page = Buffer.alloc(layout.length);
  const read = readSync(descriptor, page, 0, page.length, at);
  const little = endianness() === 'LE';
  const u32 = (offset: number) => (little ? page.readUInt32LE(offset) : page.readUInt32BE(offset));
  const u64 = (offset: number) => Number(little ? page.readBigUInt64LE(offset) : page.readBigUInt64BE(offset));
  const pageSize = u32(layout.pageSize);
  const isMeta = read === page.length && u32(layout.magic) === magic && (u32(layout.version) & 0xffff) === dataVersion;
  if (!isMeta || pageSize < 512 || pageSize > 65_536) {
    throw new LogError(
      'corrupt',
      `${file} is damaged or no log: page ${at === 0 ? 0 : 1} is no LMDB meta page. Move it away to begin anew`,
    );
  }
  return { pageSize, lastPage: u64(layout.lastPage) };
}
