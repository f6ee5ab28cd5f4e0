/** What a figure was measured on: it means little without. */
import { execFile } from 'node:child_process';
import { availableParallelism, cpus, release } from 'node:os';
import { promisify } from 'node:util';

export interface Environment {
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly redis: string;
  readonly cores: number;
  readonly cpu: string;
  readonly kernel: string;
}

/** The machine and the versions, now. */
export async function environment(): Promise<Environment> {
  return {
    date: new Date().toISOString(),
    commit: await say('git', ['rev-parse', '--short', 'HEAD']),
    node: process.version,
    redis: /v=(\S+)/.exec(await say('redis-server', ['--version']))?.[1] ?? 'unknown',
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    kernel: release(),
  };
}

async function say(command: string, args: readonly string[]): Promise<string> {
  return promisify(execFile)(command, [...args]).then(
    ({ stdout }) => stdout.trim(),
    () => 'unknown',
  );
}
