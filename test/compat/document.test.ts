import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Evidence, renewed, withTable } from './document.ts';
import { modesOf, subject, subjects } from './subjects.ts';

const docs = join(import.meta.dirname, '../../docs');
const tried: Evidence = {
  ...{ title: 'Redis 8.6.3', servers: 'redis-8.6.3', seed: 1, runs: 4, modes: ['one'], without: [], known: 127 },
  ...{ sent: 10_000, keys: 400, elements: 2000, differing: 0, failures: [], date: '2026-01-02T03:04:05Z', commit: 'c' },
};

test('the document holds the figures that are kept', () => {
  const document = readFileSync(join(docs, 'compatibility.md'), 'utf8');
  const evidence = JSON.parse(readFileSync(join(docs, 'evidence/compat.json'), 'utf8')) as Evidence[];
  expect(withTable(document, evidence)).toBe(document);
});

test('a document without a place for the table is refused', () => {
  expect(() => withTable('# Compatibility', [tried])).toThrow('no place for the table');
});

test('what is tried again takes the place of what was', () => {
  const other = { ...tried, title: 'Valkey 9.1.2' };
  const again = { ...tried, sent: 1 };
  expect(renewed([tried, other], [again])).toEqual([again, other]);
  expect(renewed([tried], [other])).toEqual([tried, other]);
});

test('a list names servers that are tried one by one, a mix is one', () => {
  expect(subjects('redis-8,valkey-9').map(({ servers, alike }) => [servers, alike])).toEqual([
    ['redis-8', true],
    ['valkey-9', true],
  ]);
  expect(subjects('a=redis-7,b=valkey-9')).toEqual([{ servers: 'a=redis-7,b=valkey-9', alike: false }]);
});

test('replies are compared only where all servers are the same', () => {
  expect(modesOf(subject('redis-8'))).toContain('exact');
  expect(modesOf(subject('a=redis-7,b=valkey-9'))).not.toContain('exact');
});
