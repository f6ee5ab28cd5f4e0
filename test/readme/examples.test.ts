/** The code, configurations and commands of the READMEs do what they are said to do. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { logConformance } from '@entwine/testkit';
import { expect, test } from 'vitest';
import { loadConfig } from '../../apps/replicator/src/index.ts';
import { blocksOf, root, runBlock } from './fenced-blocks.ts';

const env = { ENTWINE_SECRET: 'a secret of sixteen', REDIS_PASSWORD: 'a password' };

test("the core's example in the README prints what stands below it", async () => {
  const [code] = blocksOf('README.md', 'ts');
  const printed = await runBlock(code!);
  expect(printed.split('\n')).toHaveLength(3);
  expect(blocksOf('README.md', '')).toContain(printed);
});

test("the example in the core's README prints what its comments say", async () => {
  const [code] = blocksOf('packages/core/README.md', 'ts');
  const said = [...code!.matchAll(/console\.log.*\/\/ (.*)$/gm)].map((match) => match[1]);
  expect((await runBlock(code!)).trim().split('\n')).toEqual(said);
});

test("the example in the codec's README prints what its comments say", async () => {
  const [code] = blocksOf('packages/rdb/README.md', 'ts');
  expect((await runBlock(code!)).trim().split('\n')).toEqual([
    'valkey 80',
    'name null',
    'token 2000000000000',
    'bad-checksum',
  ]);
});

test("the example in the testkit's README passes every case", async () => {
  const [code] = blocksOf('packages/testkit/README.md', 'ts');
  expect((await runBlock(code!)).trim().split('\n')).toHaveLength(logConformance.length);
});

test('the two configurations of the README are valid, of ten lines, and fit together', () => {
  const folder = mkdtempSync(join(tmpdir(), 'entwine-readme-'));
  const [a, b] = blocksOf('README.md', 'yaml').map((text, i) => {
    expect(text.trim().split('\n')).toHaveLength(10);
    const file = join(folder, `${i}.yaml`);
    writeFileSync(file, text);
    return loadConfig(file, env);
  });
  rmSync(folder, { recursive: true });
  expect([a!.site, b!.site]).toEqual(['a', 'b']);
  expect(a!.peers).toMatchObject([{ site: b!.site, priority: b!.priority }]);
  expect(b!.peers).toMatchObject([{ site: a!.site, priority: a!.priority }]);
  for (const [one, other] of [[a!, b!] as const, [b!, a!] as const])
    expect(one.peers[0]!.address.port).toBe(other.link.listen.port);
});

test('the npm commands that are named exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const named = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/npm (?:run )?(\w+)/g)].map(
    (one) => one[1]!,
  );
  const own = [...new Set(named)].filter((name) => !['and', 'install'].includes(name));
  expect(own).toEqual(expect.arrayContaining(['demo', 'test', 'prove']));
  expect(own.filter((name) => !(name in scripts))).toEqual([]);
});

test('every TypeScript example passes the type check', { timeout: 120_000 }, async () => {
  const files = [
    'README.md',
    'packages/core/README.md',
    'packages/rdb/README.md',
    'packages/engine/README.md',
    'packages/testkit/README.md',
  ];
  const folder = mkdtempSync(join(root, 'test', 'readme', '.examples-'));
  try {
    mkdirSync(join(folder, 'src'));
    files.forEach((file, i) => {
      writeFileSync(join(folder, 'src', `${i}.ts`), `${blocksOf(file, 'ts')[0]!}\nexport {};\n`);
    });
    const config = { extends: '../../../tsconfig.json', include: ['src/*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const found = await promisify(execFile)(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder]).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
    expect(found).toBe('');
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(existsSync(folder)).toBe(false);
});
