/**
 * `npm run bench -- [--quick] [--json FILE]`: a native Redis replica, which is the limit, and Entwine from A to B, on
 * the same write streams, on this machine, in one run. Prints Markdown tables; the JSON holds every figure.
 *
 * Each measurement runs on fresh servers; without `--quick` three times, of which the median by rate or lag is told.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../apps/demo/src/lab/index.ts';
import { measureLag } from './bench/lag.ts';
import { type LagResult, lagTable, processTable, type SustainedResult, sustainedTable } from './bench/report.ts';
import { measureSustained, streams } from './bench/sustained.ts';
import { type StartSystem, type System, startEntwine, startNative } from './bench/systems.ts';
import { environment } from './support/environment.ts';

interface Size {
  readonly repeats: number;
  readonly writes: number;
  readonly lagMs: number;
}

const lagRate = 10_000;
const folder = temporaryFolder('bench');
let systemsStarted = 0;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } } });
  const size: Size = values.quick
    ? { repeats: 1, writes: 200_000, lagMs: 4_000 }
    : { repeats: 3, writes: 1_000_000, lagMs: 15_000 };
  const where = await environment();
  console.log(
    `${where.date}, Redis ${where.redis}, Node ${where.node}, ${where.cores} cores (${where.cpu}), ${where.commit}\n`,
  );
  const sustained: SustainedResult[] = [];
  const lag: LagResult[] = [];
  for (const start of [startNative, startEntwine]) {
    for (const stream of streams) {
      const results = await repeat(size.repeats, start, async (system) => ({
        system: system.name,
        stream: stream.name,
        ...(await measureSustained(system, stream, size.writes)),
      }));
      sustained.push(median(results, (result) => result.writesPerSecond));
    }
    const results = await repeat(size.repeats, start, async (system) => ({
      system: system.name,
      ...(await measureLag(system.from, system.to, lagRate, size.lagMs)),
    }));
    lag.push(median(results, (result) => result.p50));
  }
  console.log([sustainedTable(sustained), lagTable(lag), processTable(sustained)].join('\n\n'));
  const quick = values.quick;
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ ...where, quick, ...size, sustained, lag }, null, 2)}\n`);
  }
}

/** Measures on fresh servers each time. */
async function repeat<T>(times: number, start: StartSystem, measure: (system: System) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < times; i++) {
    const place = join(folder, String(++systemsStarted));
    mkdirSync(place);
    const system = await start(place);
    try {
      results.push(await measure(system));
    } finally {
      await system.stop();
    }
  }
  return results;
}

function median<T>(results: readonly T[], by: (result: T) => number): T {
  const sorted = [...results].sort((a, b) => by(a) - by(b));
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

await main();
process.exit(0);
