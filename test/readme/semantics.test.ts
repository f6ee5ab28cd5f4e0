/** `docs/semantics.md` says what the command table does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandTable, families } from '@entwine/core';
import { expect, test } from 'vitest';
import { semanticsDocument } from '../support/semantics-document.ts';
import { root } from './fenced-blocks.ts';

const text = readFileSync(join(root, 'docs/semantics.md'), 'utf8');

test('is up to date (if not: npm run docs)', () => {
  expect(text).toBe(semanticsDocument());
});

test('names every command, and every rule', () => {
  expect([...commandTable.keys()].filter((name) => !text.includes(`\`${name.replace('|', ' ')}\``))).toEqual([]);
  expect(Object.values(families).filter(({ rule }) => !text.includes(rule))).toEqual([]);
});

test('every sentence ends as one', () => {
  const notes = [...commandTable.values()].flatMap(({ note }) => (note === undefined ? [] : [note]));
  const rules = Object.values(families).map(({ rule }) => rule);
  expect([...notes, ...rules].filter((sentence) => !/^[A-Z].*\.$/.test(sentence))).toEqual([]);
});
