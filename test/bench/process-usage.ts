/**
 * What processes use, as the kernel counts it: CPU time in steps of 10 ms, and memory by sort. LMDB's and other mapped
 * files are page cache, so they stand apart.
 */
import { readFileSync } from 'node:fs';

/** `getconf CLK_TCK` on Linux. */
const ticksPerSecond = 100;

export interface Memory {
  /** RssAnon + RssShmem. */
  readonly megabytes: number;
  /** RssFile. */
  readonly fileMegabytes: number;
}

/** User and system time of a process and all its threads since its start, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}

export function memory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return {
    megabytes: (kilobytes('RssAnon') + kilobytes('RssShmem')) / 1024,
    fileMegabytes: kilobytes('RssFile') / 1024,
  };
}
