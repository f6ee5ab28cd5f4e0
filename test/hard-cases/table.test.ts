/** The table of hard cases in docs/testing.md names every case, and where it is played. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../readme/fenced-blocks.ts';
import type { Case } from '../support/case.ts';
import { hardCases } from './cases.ts';

interface Row {
  readonly number: number;
  readonly names: readonly string[];
  readonly played: string;
}

/** A row without a number belongs to the one above it. */
function rowsOf(text: string): Row[] {
  let number = 0;
  return [...text.matchAll(/^\| (\d*) ?\| .*?\| ((?:`\d\d-[\w-]+`(?:, )?)+) \| (\w+)/gm)].map(
    ([, at = '', names = '', played = '']) => {
      if (at !== '') number = Number(at);
      return { number, names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name), played };
    },
  );
}

function playedOf({ onlyLive, onlySimulated }: Case): string {
  return onlyLive !== undefined ? 'live' : onlySimulated !== undefined ? 'simulated' : 'both';
}

const rows = rowsOf(readFileSync(join(root, 'docs/testing.md'), 'utf8'));

it('every hard case of the contract has a row', () => {
  expect([...new Set(rows.map(({ number }) => number))]).toEqual(Array.from({ length: 23 }, (_, place) => place + 1));
});

it('every case stands at its number, with where it is played', () => {
  const told = rows.flatMap(({ number, names, played }) => names.map((name) => `${number} ${name} ${played}`));
  expect(told.sort()).toEqual(
    hardCases.map((one) => `${Number(one.name.slice(0, 2))} ${one.name} ${playedOf(one)}`).sort(),
  );
});
