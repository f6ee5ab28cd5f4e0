/**
 * A shard's status in the Prometheus text format.
 *
 * Rules: every scrape makes its own registry from one status value, so figures of one scrape fit together and nothing is
 * kept between scrapes. Counters only grow because the status only grows. No figures of the process itself.
 */
import type { ShardStatus } from '@entwine/engine';
import { Counter, Gauge, Registry } from 'prom-client';
import { version } from '../version.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** One metric: how it is called and how it is read off a status. */
export interface MetricSpec {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (status: ShardStatus) => readonly Sample[];
}

/** All metrics but `entwine_build_info`, which needs no status. */
export const metricTable: readonly MetricSpec[] = [
  gauge(
    'entwine_replication_lag_seconds',
    'From the write at its origin to its effect seen here, last applied entry.',
    ['origin'],
    (status) => status.origins.map((one) => [{ origin: one.origin }, one.lagSeconds]),
  ),
  counter('entwine_captured_units_total', 'Local units turned into entries; heartbeats not counted.', [], (status) => [
    [{}, status.capturedUnits],
  ]),
  counter('entwine_applied_entries_total', 'Entries of other sites applied here.', ['origin'], (status) =>
    status.origins.map((one) => [{ origin: one.origin }, one.appliedEntries]),
  ),
  counter('entwine_deduplicated_entries_total', 'Entries received again and dropped.', [], (status) => [
    [{}, status.origins.reduce((sum, one) => sum + one.deduplicated, 0)],
  ]),
  counter(
    'entwine_loops_suppressed_total',
    'Own applies recognised in the local stream and not shipped.',
    [],
    (status) => [[{}, status.loopsSuppressed]],
  ),
  counter('entwine_corrections_total', 'Corrections written to the local Redis.', ['kind'], (status) =>
    Object.entries(status.corrections).map(([kind, count]) => [{ kind }, count]),
  ),
  counter('entwine_conflicts_total', 'Conflicting writes and how they ended.', ['kind', 'outcome'], (status) =>
    Object.entries(status.conflicts).map(([name, count]) => [conflictLabels(name), count]),
  ),
  counter('entwine_conflicts_recorded_total', 'Conflicts put on record.', [], (status) => [
    [{}, status.audit.recorded],
  ]),
  counter('entwine_conflicts_unrecorded_total', 'Conflicts found, and beyond what is recorded.', [], (status) => [
    [{}, status.audit.unrecorded],
  ]),
  counter('entwine_policy_undone_total', 'Local writes to keys whose home is another site, undone.', [], (status) => [
    [{}, status.policies.undone ?? 0],
  ]),
  gauge('entwine_policy_undo_pending', 'Keys whose home has not said yet what they are to hold.', [], (status) => [
    [{}, status.pending.undone],
  ]),
  counter(
    'entwine_policy_left_total',
    'Local writes to keys whose home is another site that were not undone, for too many waited.',
    [],
    (status) => [[{}, status.policies.left ?? 0]],
  ),
  counter(
    'entwine_policy_filtered_total',
    "Other sites' ops not taken, by policies, filters or direction.",
    [],
    (status) => [[{}, status.policies.filtered ?? 0]],
  ),
  gauge('entwine_log_bytes', 'Bytes of log records not trimmed.', [], (status) => [[{}, status.log.bytes]]),
  gauge('entwine_log_oldest_seconds', 'Age of the oldest entry kept in the log.', [], (status) => [
    [{}, status.log.oldestSeconds],
  ]),
  counter('entwine_untranslated_total', 'Commands that this version does not translate.', ['command'], (status) =>
    Object.entries(status.untranslated).map(([command, count]) => [{ command }, count]),
  ),
  gauge(
    'entwine_clock_skew_seconds',
    "The origin's clock minus ours when its last entry arrived.",
    ['origin'],
    (status) => status.origins.map((one) => [{ origin: one.origin }, one.skewSeconds]),
  ),
  gauge(
    'entwine_quarantined',
    "1 while a site's writes wait because they are further ahead of our clock than limits.maxClockDriftMs.",
    ['site'],
    (status) => [...quarantinedSites(status)].map(([site, quarantined]) => [{ site }, quarantined ? 1 : 0]),
  ),
  gauge('entwine_window_keys', 'Keys whose versions are remembered.', [], (status) => [[{}, status.window.keys]]),
  gauge(
    'entwine_window_bytes',
    'Memory that these versions take, about. Above limits.maxWindowBytes reading waits for a peer that is away.',
    [],
    (status) => [[{}, status.window.bytes]],
  ),
  gauge('entwine_site_out', '1 for a site that is declared out, once that is in force; 0 before.', ['site'], (status) =>
    status.out.map(({ site, inForce }) => [{ site }, inForce ? 1 : 0]),
  ),
  gauge('entwine_spilled_keys', 'Keys whose versions are remembered on disk.', [], (status) => [
    [{}, status.window.spilled.keys],
  ]),
  gauge(
    'entwine_spilled_bytes',
    'Bytes that these take on disk. At limits.maxSpilledBytes what comes stays in memory.',
    [],
    (status) => [[{}, status.window.spilled.bytes]],
  ),
];

/** By site: whether any of its logs waits. */
function quarantinedSites({ origins }: ShardStatus): ReadonlyMap<string, boolean> {
  const sites = new Map<string, boolean>();
  for (const { site, quarantined } of origins) sites.set(site, quarantined || sites.get(site) === true);
  return sites;
}

/** The exposition text. Without a status (still starting) only `entwine_build_info`. */
export async function metricsText(status: ShardStatus | undefined): Promise<string> {
  const registry = new Registry();
  const build = new Gauge({
    name: 'entwine_build_info',
    help: 'Always 1; what runs here is in the labels.',
    labelNames: ['version', 'node', 'site', 'shard'],
    registers: [registry],
  });
  build.set({ version, node: process.versions.node, site: status?.site ?? '', shard: status?.shard ?? '' }, 1);
  if (status !== undefined) for (const spec of metricTable) fill(spec, spec.read(status), registry);
  return await registry.metrics();
}

function fill(spec: MetricSpec, samples: readonly Sample[], registry: Registry): void {
  const options = { name: spec.name, help: spec.help, labelNames: [...spec.labels], registers: [registry] };
  if (spec.kind === 'gauge') {
    const metric = new Gauge(options);
    for (const [labels, value] of samples) metric.set(labels, value);
  } else {
    const metric = new Counter(options);
    for (const [labels, value] of samples) metric.inc(labels, Math.max(0, value));
  }
}

/** `kind/outcome` as the status names a conflict. */
function conflictLabels(name: string): Labels {
  const slash = name.indexOf('/');
  return slash < 0 ? { kind: name, outcome: '' } : { kind: name.slice(0, slash), outcome: name.slice(slash + 1) };
}

function counter(name: string, help: string, labels: readonly string[], read: MetricSpec['read']): MetricSpec {
  return { name, kind: 'counter', help, labels, read };
}

function gauge(name: string, help: string, labels: readonly string[], read: MetricSpec['read']): MetricSpec {
  return { name, kind: 'gauge', help, labels, read };
}
