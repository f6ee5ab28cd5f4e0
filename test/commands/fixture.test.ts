/** Every command that some server flags as writing has a row, by the kept account of five servers. */
import { commandTable } from '@entwine/core';
import { expect, test } from 'vitest';
import fixture from '../fixtures/write-commands.json' with { type: 'json' };

test.each(Object.entries(fixture))('%s', (_version, names) => {
  expect(names.length).toBeGreaterThan(100);
  expect(names.filter((name) => !commandTable.has(name))).toEqual([]);
});
