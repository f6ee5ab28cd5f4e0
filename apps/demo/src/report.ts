/**
 * The demo's figures, the table they are printed as, and what counts as success.
 */
import type { Comparison, CounterCheck } from './lab/index.ts';
import { percentile } from './lag-probe.ts';

export interface Outcome {
  readonly writes: ReadonlyMap<string, number>;
  readonly conflicts: Readonly<Record<string, number>>;
  /** Milliseconds, of probes sent while the link was up. */
  readonly lags: readonly number[];
  /** One per server. */
  readonly counters: readonly CounterCheck[];
  readonly comparison: Comparison;
  readonly servers: number;
}

/** Nothing differs, every counter is exact, and something was compared at all. */
export function succeeded(outcome: Outcome): boolean {
  const { comparison, counters } = outcome;
  return comparison.keys > 0 && comparison.differing === 0 && counters.every((check) => check.wrong.length === 0);
}

/** The table and, where there are any, the differences in words. */
export function report(outcome: Outcome): string {
  const rows = rowsOf(outcome);
  const left = Math.max(...rows.map(([name]) => name.length));
  const right = Math.max(...rows.map(([, value]) => value.length));
  const rule = `+-${'-'.repeat(left)}-+-${'-'.repeat(right)}-+`;
  const lines = rows.map(([name, value]) => `| ${name.padEnd(left)} | ${value.padEnd(right)} |`);
  const wrong = [...outcome.counters.flatMap((check) => check.wrong), ...outcome.comparison.differences];
  return ['', rule, ...lines, rule, ...wrong].join('\n');
}

function rowsOf(outcome: Outcome): [string, string][] {
  const { comparison, lags } = outcome;
  const rows: [string, string][] = [];
  for (const [site, writes] of outcome.writes) rows.push([`writes at site ${site}`, number(writes)]);
  rows.push(['conflicts resolved', conflictsOf(outcome.conflicts)]);
  rows.push(['lag p50 / p99', `${percentile(lags, 0.5).toFixed(1)} / ${percentile(lags, 0.99).toFixed(1)} ms`]);
  const [expected, found] = [outcome.counters[0]?.expected ?? 0, outcome.counters.map((check) => number(check.found))];
  rows.push(['counters expected', `${number(expected)} in ${outcome.counters[0]?.counters ?? 0} counters`]);
  rows.push(['counters found', [...new Set(found)].join(' or ')]);
  rows.push(['keys compared', `${number(comparison.keys)} at ${outcome.servers} servers`]);
  rows.push(['elements, expiries', `${number(comparison.elements)}, ${number(comparison.expiries)}`]);
  rows.push(['differences', number(comparison.differing)]);
  return rows;
}

function conflictsOf(conflicts: Readonly<Record<string, number>>): string {
  return number(Object.values(conflicts).reduce((sum, count) => sum + count, 0));
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
