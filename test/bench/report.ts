/** The benchmark's tables, in Markdown. */
import type { Lag } from './lag.ts';
import type { Sustained } from './sustained.ts';

export interface SustainedResult extends Sustained {
  readonly system: string;
  readonly stream: string;
}

export interface LagResult extends Lag {
  readonly system: string;
}

export function sustainedTable(results: readonly SustainedResult[]): string {
  const rows = results.map((result) => [result.stream, result.system, thousands(result.writesPerSecond)]);
  return table(['write stream', 'system', 'sustained writes/s'], rows);
}

export function lagTable(results: readonly LagResult[]): string {
  const rows = results.map((result) => [
    result.system,
    thousands(result.writesPerSecond),
    ...[result.p50, result.p99, result.most].map((ms) => `${ms.toFixed(2)} ms`),
  ]);
  return table(['lag of', 'at writes/s', 'p50', 'p99', 'most'], rows);
}

export function processTable(results: readonly SustainedResult[]): string {
  const rows = results.flatMap((result) =>
    result.processes.map((process) => [
      result.stream,
      result.system,
      process.name,
      process.cpuMicrosecondsPerWrite.toFixed(2),
      process.megabytes.toFixed(0),
      process.fileMegabytes.toFixed(0),
    ]),
  );
  const head = ['write stream', 'system', 'process', 'CPU us per write', 'memory MB (anon + shmem)', 'mapped files MB'];
  return table(head, rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return lines.join('\n');
}

function thousands(value: number): string {
  return value.toLocaleString('en-US');
}
