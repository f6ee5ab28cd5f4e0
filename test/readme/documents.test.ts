/**
 * What the documents refer to is there: files, headings, scenarios, commands, alarms, rights, metrics.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { commandTable } from '@entwine/core';
import { describe, expect, test } from 'vitest';
import { aclLines } from '../../packages/redis/src/inspect/acl-lines.ts';
import { scenarios } from '../scenarios/table.ts';
import { root } from './fenced-blocks.ts';

const skipped: ReadonlySet<string> = new Set(['node_modules', 'dist', '.git', '.turbo', '.test-results']);
const documents = markdownIn(root).map((file) => relative(root, file));

function markdownIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : markdownIn(join(folder, entry.name));
    return entry.name.endsWith('.md') ? [join(folder, entry.name)] : [];
  });
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Without fenced blocks and code spans, which hold no links. */
function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');
}

/** The fragments that headings can be reached by. */
function anchors(text: string): string[] {
  const headings = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)].map((match) => match[1]!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function brokenLinks(file: string): string[] {
  const links = [...prose(read(file)).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', fragment] = link.split('#');
    const target = path === '' ? file : join(dirname(file), path);
    if (!existsSync(join(root, target))) return true;
    return fragment !== undefined && !anchors(read(target)).includes(fragment);
  });
}

test.each(documents)('%s links to what exists', (file) => {
  expect(brokenLinks(file)).toEqual([]);
});

test('documents name no place on a machine and carry no emoji', () => {
  const wrong = documents.filter((file) => /\/(?:home|root|work|Users)\/|\p{Extended_Pictographic}/u.test(read(file)));
  expect(wrong).toEqual([]);
});

describe('guarantees.md', () => {
  const text = read('docs/guarantees.md');
  const shown = text
    .split('\n\n')
    .filter((paragraph) => paragraph.startsWith('**Shown by**'))
    .flatMap((paragraph) => [...paragraph.matchAll(/`([^`]+)`/g)].map((match) => match[1]!))
    .filter((name) => !name.startsWith('npm run '));
  const names = scenarios.map((scenario) => scenario.name);

  test('has G1 to G10, each with what holds and how it is shown', () => {
    const sections = text.split(/^## /m).filter((section) => /^G\d/.test(section));
    expect(sections.map((section) => section.split(' ')[0])).toEqual(Array.from({ length: 10 }, (_, i) => `G${i + 1}`));
    for (const section of sections) expect(section).toContain('**Shown by**');
  });

  test('rests on scenarios that exist', () => {
    expect(shown.filter((name) => !names.includes(name))).toEqual([]);
  });

  test('leaves no scenario out', () => {
    expect(names.filter((name) => !shown.includes(name))).toEqual([]);
  });

  test('names the commands that are not replicated', () => {
    const listed = /\*\*Not replicated\*\* are:\n\n- (.*);\n/.exec(text)![1]!.split(' and ');
    const untold = [...commandTable]
      .filter(([, row]) => row.family === 'untold')
      .map(([name]) => name.replace('|', ' '));
    expect(listed).toEqual(untold);
  });
});

describe('operations.md', () => {
  const text = read('docs/operations.md');

  test('explains every alarm', () => {
    const folder = join(root, 'packages', 'engine', 'src');
    const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
    const raised = sources.flatMap((name) =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(/\.raise\(\s*'([a-z-]+)'/g)].map((match) => match[1]!),
    );
    expect(new Set(raised).size).toBeGreaterThan(3);
    expect(raised.filter((name) => !text.includes(`| \`${name}\` |`))).toEqual([]);
  });

  test('explains every field of the status', () => {
    const source = read('packages/engine/src/status.ts').split('export interface ShardStatus')[1]!;
    const fields = [...source.matchAll(/^ {2}readonly (\w+):/gm)].map((match) => match[1]!);
    expect(fields.length).toBeGreaterThan(10);
    expect(fields.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  test('names the rights that the program asks for', () => {
    const { capture, apply } = aclLines('entwine');
    expect(text).toContain(`${capture}\n${apply}\n`);
  });
});

test('metrics and limits that are named exist', () => {
  const table = read('apps/replicator/README.md');
  const named = documents
    .filter((file) => file.startsWith('docs/') || file === 'README.md')
    .flatMap((file) => {
      return read(file).match(/\bentwine_[a-z_]+[a-z]\b|\blimits\.[a-zA-Z]+\b/g) ?? [];
    });
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !table.includes(`\`${name}`))).toEqual([]);
});
