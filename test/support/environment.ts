/** What a figure was measured on: it means little without. */
import { execFile } from 'node:child_process';
import { availableParallelism, cpus, release } from 'node:os';
import { promisify } from 'node:util';
import { chosenServers, serverBinary, serverOf } from '../../apps/demo/src/lab/server-binary.ts';

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
    redis: await servers(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    kernel: release(),
  };
}

/** The versions of the servers that sites run: of all, or of each that differs. */
async function servers(): Promise<string> {
  const chosen = new Map([['*', serverOf()], ...chosenServers()]);
  const told = [...chosen].map(async ([site, server]) => {
    const name = (await versionOf(server)).replace(/^Redis /, '');
    return site === '*' ? name : `${site}: ${name}`;
  });
  return (await Promise.all(told)).join(', ');
}

/** What a server is, as `Redis 8.6.3`. @param server - as `serverBinary` reads it */
export async function versionOf(server: string): Promise<string> {
  const said = await say(serverBinary(server), ['--version']);
  const [, product = server, version = 'unknown'] = /^(\w+) .*v=(\S+)/.exec(said) ?? [];
  return `${product} ${version}`;
}

async function say(command: string, args: readonly string[]): Promise<string> {
  return promisify(execFile)(command, [...args]).then(
    ({ stdout }) => stdout.trim(),
    () => 'unknown',
  );
}
