import { expect, test } from 'vitest';
import { scanSource } from './source-scan.ts';

const specifiers = (text: string): (string | undefined)[] => scanSource(text).references.map((one) => one.specifier);

test.each([
  [`import a from 'x';`, ['x']],
  [`import { a, type B } from "x/y";`, ['x/y']],
  [`import {\n  a,\n  b,\n} from './a.ts';`, ['./a.ts']],
  [`import type { A } from 'x';`, ['x']],
  [`import * as a from 'node:fs';`, ['node:fs']],
  [`import a, { b } from 'x';`, ['x']],
  [`import 'side-effect';`, ['side-effect']],
  [`export { a } from './a.ts';\nexport * from './b.ts';`, ['./a.ts', './b.ts']],
  [`export type { A } from 'x';`, ['x']],
  [`const a = await import('x');`, ['x']],
  ['const a = await import(`x`);', ['x']],
  ['const a = await import(`./${name}.ts`);', [undefined]],
  [`const a = await import(name);`, [undefined]],
  [`let a: import('x').A;`, ['x']],
  [`const a = require('x');`, ['x']],
  [`import.meta.resolve('x');`, ['x']],
  [`spawn(new URL('./child.ts', import.meta.url));`, ['./child.ts']],
  [`import data from './a.json' with { type: 'json' };`, ['./a.json']],
  [`export const a = 1; import b from 'x';`, ['x']],
])('finds what %j names', (text, expected) => {
  expect(specifiers(text)).toEqual(expected);
});

test.each([
  [`// import a from 'x';`],
  [`/* import a from 'x'; */`],
  [`/**\n * @example\n * import a from 'x';\n */`],
  [`const a = "import b from 'x'";`],
  ["const a = `\nimport b from 'x';\n`;"],
  [`const a = /import 'x'/;`],
  [`export const from = 'x';`],
  [`Array.from('x');`],
  [`a.import('x');`],
])('%j names nothing', (text) => {
  expect(specifiers(text)).toEqual([]);
});

test.each([
  ['const a = `text ${b} Date ${`inner ${c} Date`} Date`; d;', ['const', 'a', 'b', 'c', 'd']],
  ["const a = `${{ b: '}' }} Date`; c;", ['const', 'a', 'b', 'c']],
  [`const a = 'it\\'s Date'; b;`, ['const', 'a', 'b']],
  [`const a = /[/'"] Date/g; b;`, ['const', 'a', 'g', 'b']],
  [`const a = b / c; // Date\nd / e;`, ['const', 'a', 'b', 'c', 'd', 'e']],
  [`return /"/.test(a); b;`, ['return', 'test', 'a', 'b']],
  [`if (a) { b(); }\nc /* Date */ / d;`, ['if', 'a', 'b', 'c', 'd']],
  [`#!/usr/bin/env node\na;`, ['a']],
])('keeps the code of %j and nothing else', (text, words) => {
  const { code } = scanSource(text);
  expect(code).toHaveLength(text.length);
  expect(code.match(/[A-Za-z]\w*/g)).toEqual(words);
});

test('says on which line', () => {
  expect(scanSource(`\n/*\n*/\nimport 'x';`).references[0]).toEqual({ specifier: 'x', how: 'import', line: 4 });
});
