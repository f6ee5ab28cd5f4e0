/**
 * One holder per folder: a lock file naming the holder, judged by whether that very process still runs.
 *
 * Rules:
 * - The file appears complete (written aside, then linked), so it is never seen half written.
 * - It names pid, start time of the process, boot and pid namespace. A killed process, a reused pid and a reboot are all
 *   recognised on Linux through /proc, without waiting and without anything to clean up.
 * - A dead holder's file is replaced. Two that do so at once are caught by `confirm` and, across processes, by LMDB's
 *   table of readers, whose entries the kernel guards with fcntl locks (see `lmdb-store.ts`).
 *
 * It does not see into another pid namespace (a second container with the same volume): there it leaves the verdict to
 * LMDB's table. Without /proc (macOS) a reused pid counts as the holder until the file is removed by hand. Hosts that
 * share a folder over a network are not covered; LMDB forbids that anyway. A worker thread that ends without closing
 * leaves the folder held until its process ends.
 */
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogError } from './log-error.ts';

interface Holder {
  readonly pid: number;
  /** Start time in clock ticks after boot; '' where the system does not say. */
  readonly start: string;
  readonly boot: string;
  readonly namespace: string;
  /** Tells two holders of one process apart. */
  readonly nonce: string;
}

/** A held folder. */
export interface FolderLock {
  /** @throws LogError `in-use` when somebody else replaced the file in the meantime. */
  confirm(): void;
  release(): void;
}

/**
 * Takes the lock of a folder that exists.
 * @throws LogError `in-use`, naming the holder; errors of the file system as they are.
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, 'holder.json');
  const self = describeSelf();
  const aside = join(folder, `holder.${self.nonce}.tmp`);
  writeFileSync(aside, `${JSON.stringify(self)}\n`);
  try {
    try {
      linkSync(aside, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = readHolder(path);
      if (holder !== undefined && isAlive(holder, self)) throw inUse(folder, holder.pid);
      renameSync(aside, path);
    }
  } finally {
    rmSync(aside, { force: true });
  }
  const isOurs = () => readHolder(path)?.nonce === self.nonce;
  return {
    confirm() {
      if (!isOurs()) throw inUse(folder, readHolder(path)?.pid);
    },
    release() {
      if (isOurs()) rmSync(path, { force: true });
    },
  };
}

/** The error for a folder that somebody holds. */
export function inUse(folder: string, pid: number | undefined): LogError {
  const holder =
    pid === undefined ? 'another process' : pid === process.pid ? `this process (pid ${pid})` : `process ${pid}`;
  return new LogError('in-use', `The log ${folder} is in use by ${holder}. Stop that one first, or use another folder`);
}

function describeSelf(): Holder {
  return {
    pid: process.pid,
    start: startOf(process.pid) ?? '',
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? '',
    namespace: attempt(() => readlinkSync('/proc/self/ns/pid')) ?? '',
    nonce: randomUUID(),
  };
}

function readHolder(path: string): Holder | undefined {
  return attempt(() => JSON.parse(readFileSync(path, 'utf8')) as Holder);
}

function isAlive(holder: Holder, self: Holder): boolean {
  if (holder.boot !== self.boot || holder.namespace !== self.namespace) return false;
  if (self.start !== '') return startOf(holder.pid) === holder.start;
  return attempt(() => process.kill(holder.pid, 0)) === true;
}

/** Start time of a process (proc_pid_stat(5), field 22); undefined when it does not run, or is dead and not yet reaped. */
function startOf(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
