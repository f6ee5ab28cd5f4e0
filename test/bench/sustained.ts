/**
 * Sustained rate and CPU: so many writes as fast as they go in, until the last of them has arrived at the other end.
 *
 * The end is a key written after all others; what is captured and applied in order has arrived before it.
 */
import { join } from 'node:path';
import { Child, waitFor } from '../../apps/demo/src/lab/index.ts';
import { cpuMicroseconds, memory } from './process-usage.ts';
import type { System } from './systems.ts';

/** A stream of writes and how it is made. */
export interface WriteStream {
  readonly name: string;
  load(port: number, writes: number): { readonly command: string; readonly args: readonly string[] };
}

export interface Sustained {
  readonly writes: number;
  readonly writesPerSecond: number;
  /** By process: CPU microseconds per write, and memory when all was done. */
  readonly processes: readonly {
    readonly name: string;
    readonly cpuMicrosecondsPerWrite: number;
    readonly megabytes: number;
    readonly fileMegabytes: number;
  }[];
}

export const streams: readonly WriteStream[] = [
  {
    name: 'SET 64 B',
    load: (port, writes) => ({
      command: 'redis-benchmark',
      args: `-p ${port} -t set -d 64 -r 1000000 -n ${writes} -P 16 -c 50 -q`.split(' '),
    }),
  },
  {
    name: 'mixed',
    load: (port, writes) => ({
      command: process.execPath,
      args: [
        '--conditions=@entwine/source',
        join(import.meta.dirname, 'mixed-writer.ts'),
        String(port),
        String(writes),
      ],
    }),
  },
];

/** Measures one stream through one system, which must be fresh. */
export async function measureSustained(system: System, stream: WriteStream, writes: number): Promise<Sustained> {
  const before = new Map([...system.pids].map(([name, pid]) => [name, cpuMicroseconds(pid)]));
  const started = performance.now();
  const { command, args } = stream.load(system.from.port, writes);
  const load = new Child({ name: stream.name, command, args, logFile: join(system.from.folder, 'load.log') });
  const exit = await load.exited;
  if (exit.code !== 0) throw new Error(`${stream.name} ended with ${exit.code ?? exit.signal}:\n${load.tail()}`);
  await system.from.with((client) => client.set('bench:end', stream.name));
  await system.to.with((client) =>
    waitFor('the last write has arrived', async () => (await client.get('bench:end')) === stream.name, {
      timeoutMs: 300_000,
      everyMs: 2,
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  await system.settle();
  const processes = [...system.pids].map(([name, pid]) => ({
    name,
    cpuMicrosecondsPerWrite: round((cpuMicroseconds(pid) - (before.get(name) ?? 0)) / writes),
    megabytes: round(memory(pid).megabytes),
    fileMegabytes: round(memory(pid).fileMegabytes),
  }));
  return { writes, writesPerSecond: Math.round(writes / seconds), processes };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
