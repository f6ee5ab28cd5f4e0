import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sampleStatus } from '../testing/sample-status.ts';
import { version } from '../version.ts';
import { metricsText, metricTable } from './metrics-text.ts';

/** The sample lines, without HELP and TYPE. */
async function samples(status = sampleStatus()): Promise<string[]> {
  return (await metricsText(status)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('metricsText', () => {
  test('every figure of a status stands where it belongs', async () => {
    expect(await samples()).toEqual([
      `entwine_build_info{version="${version}",node="${process.versions.node}",site="a",shard="main"} 1`,
      'entwine_replication_lag_seconds{origin="b/main/11ee"} 0.0042',
      'entwine_captured_units_total 100',
      'entwine_applied_entries_total{origin="b/main/11ee"} 70',
      'entwine_deduplicated_entries_total 5',
      'entwine_loops_suppressed_total 70',
      'entwine_corrections_total{kind="reassert"} 3',
      'entwine_corrections_total{kind="marker"} 1',
      'entwine_conflicts_total{kind="string",outcome="local-lost"} 4',
      'entwine_conflicts_total{kind="count",outcome="remote-lost"} 1',
      'entwine_conflicts_recorded_total 5',
      'entwine_conflicts_unrecorded_total 2',
      'entwine_policy_undone_total 5',
      'entwine_policy_undo_pending 3',
      'entwine_policy_left_total 2',
      'entwine_policy_filtered_total 7',
      'entwine_log_bytes 4718592',
      'entwine_log_oldest_seconds 12.5',
      'entwine_untranslated_total{command="bitop"} 2',
      'entwine_clock_skew_seconds{origin="b/main/11ee"} -0.25',
      'entwine_quarantined{site="b"} 0',
      'entwine_window_keys 42',
      'entwine_window_bytes 52000',
      'entwine_spilled_keys 0',
      'entwine_spilled_bytes 0',
    ]);
  });

  test('a site is quarantined while any of its logs is', async () => {
    const [one] = sampleStatus().origins;
    const origins = [
      { ...one!, quarantined: true },
      { ...one!, origin: 'b/main/22' },
    ];
    const lines = await samples(sampleStatus({ origins }));
    expect(lines.filter((line) => line.startsWith('entwine_quarantined'))).toEqual(['entwine_quarantined{site="b"} 1']);
  });

  test('types are told', async () => {
    const text = await metricsText(sampleStatus());
    expect(text).toContain('# TYPE entwine_captured_units_total counter');
    expect(text).toContain('# TYPE entwine_log_bytes gauge');
  });

  test('two scrapes of one status are the same: nothing adds up', async () => {
    expect(await metricsText(sampleStatus())).toBe(await metricsText(sampleStatus()));
  });

  test('label values are escaped', async () => {
    const lines = await samples(sampleStatus({ untranslated: { 'a"b\\c\nd': 1 } }));
    expect(lines).toContain('entwine_untranslated_total{command="a\\"b\\\\c\\nd"} 1');
  });

  test('without a status only the build is told', async () => {
    const text = await metricsText(undefined);
    expect(text.match(/^entwine_\w+/gm)).toEqual(['entwine_build_info']);
  });

  test('the README lists every metric', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    for (const { name, labels } of metricTable) {
      expect(readme).toContain(`\`${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`}\``);
    }
  });
});
