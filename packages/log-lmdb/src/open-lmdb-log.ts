/**
 * Opening: the folder, the lock, the file, its format, its streams. In that order, and undone in reverse on failure.
 *
 * A log of another schema is refused by name before anything in it is believed. Opening reads no record.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Log } from '@entwine/core';
import { checkFile } from './check-file.ts';
import { open, schemaVersion, seal, wrap } from './envelope.ts';
import { type FolderLock, inUse, lockFolder } from './folder-lock.ts';
import { formatKey, streamKeys } from './keys.ts';
import { LmdbLog } from './lmdb-log.ts';
import { LmdbStore } from './lmdb-store.ts';
import { LogError } from './log-error.ts';
import { decodeStreamRow, type StreamRow } from './stream-row.ts';

/** Where the log is and how large it may become. */
export interface LmdbLogOptions {
  /** The folder; created when missing. On a local disk: LMDB does not work over a network file system. */
  readonly path: string;
  /**
   * Bytes that records, facts and their index may occupy, at least 1 MiB. At the limit commits with records fail with
   * `full`. Address space of this size is reserved, not memory. The file can be larger by what lies unused in it, and
   * does not shrink.
   * @defaultValue 16 GiB
   */
  readonly maxBytes?: number;
}

const mark = Buffer.from('entwine log');

/**
 * Opens the log in a folder and holds that folder until `close`, or until the process ends in whatever way.
 * @throws LogError `in-use`, `not-writable`, `full`, `schema`, `corrupt`; RangeError when `maxBytes` makes no sense.
 */
export async function openLmdbLog(options: LmdbLogOptions): Promise<Log> {
  const { maxBytes = 16 * 1024 ** 3 } = options;
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1024 ** 2) {
    throw new RangeError(`maxBytes is at least 1 MiB (${1024 ** 2}), not ${maxBytes}`);
  }
  const folder = resolve(options.path);
  const file = join(folder, 'log.mdb');
  const lock = takeFolder(folder);
  let store: LmdbStore | undefined;
  try {
    store = openStore(file, maxBytes);
    await checkFormat(store, file);
    syncFolder(folder);
    const other = store.otherProcesses()[0];
    if (other !== undefined) throw inUse(folder, other);
    lock.confirm();
    return new LmdbLog({ file, maxBytes, store, rows: readStreams(store, file), release: () => lock.release() });
  } catch (error) {
    await store?.close();
    lock.release();
    throw error;
  }
}

function takeFolder(folder: string): FolderLock {
  try {
    makeFolder(folder);
    return lockFolder(folder);
  } catch (error) {
    if (error instanceof LogError) throw error;
    throw folderFailure(folder, error as NodeJS.ErrnoException);
  }
}

/** Not `recursive: true`: with that Node (24.21) never returns where mkdir says ENOENT below a folder, as in /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  syncFolder(dirname(folder));
}

/** A file is only as durable as the name it is found by. Windows has no such call, and needs none. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function folderFailure(folder: string, error: NodeJS.ErrnoException): LogError {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return new LogError('full', `The disk of ${folder} is full. Free some space`, error);
  }
  const reason =
    error.code === 'ENOTDIR' || error.code === 'EEXIST'
      ? 'it, or something on the way to it, is not a folder'
      : error.message;
  return new LogError(
    'not-writable',
    `Cannot write in the log folder ${folder}: ${reason}. Name a writable one`,
    error,
  );
}

function openStore(file: string, maxBytes: number): LmdbStore {
  try {
    checkFile(file);
    return new LmdbStore(file, maxBytes);
  } catch (error) {
    if (error instanceof LogError) throw error;
    const { code, message } = error as { code?: unknown; message?: string };
    if (code === 'ENOSPC' || code === 28) {
      throw new LogError('full', `The disk of ${file} is full. Free some space`, error);
    }
    throw new LogError('not-writable', `Cannot open ${file}: ${message}. Check its permissions and the disk`, error);
  }
}

async function checkFormat(store: LmdbStore, file: string): Promise<void> {
  const format = store.get(formatKey);
  if (format !== undefined) {
    if (!mark.equals(open(formatKey, format, `The log ${file}`))) throw foreign(file);
    return;
  }
  if (store.space().used > 0) throw foreign(file);
  await store.write([{ key: formatKey, value: seal(formatKey, wrap(mark)) }]);
  store.get(formatKey); // takes a place in LMDB's table of readers
}

function foreign(file: string): LogError {
  return new LogError('corrupt', `${file} is not an Entwine log of schema ${schemaVersion}. Name another folder`);
}

function readStreams(store: LmdbStore, file: string): StreamRow[] {
  const rows: StreamRow[] = [];
  for (const key of [...store.keys(streamKeys.from, streamKeys.to)]) {
    rows.push(decodeStreamRow(key, store.get(key)!, file));
  }
  return rows;
}
