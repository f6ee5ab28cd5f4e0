import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as api from './index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The first fenced block of a language. */
function block(language: string): string {
  return readme.split(`\`\`\`${language}\n`)[1]!.split('\n```')[0]!;
}

test('the configuration in the README is valid', () => {
  const folder = mkdtempSync(join(tmpdir(), 'entwine-readme-'));
  const file = join(folder, 'entwine.yaml');
  writeFileSync(file, block('yaml'));
  const env = { ENTWINE_SECRET: 'x'.repeat(16), LINK_TOKEN: 'x'.repeat(16) };
  expect(api.loadConfig(file, env)).toMatchObject({ site: 'a', peers: [{ site: 'b' }] });
  rmSync(folder, { recursive: true });
});

test('the names imported in the README are exported', () => {
  const names = /import \{ ([^}]*) \}/.exec(block('ts'))![1]!.split(', ');
  expect(Object.keys(api)).toEqual(expect.arrayContaining(names));
});
