/**
 * The rules on the real workspace; then each rule on a small sound workspace into which something bad is planted, so that
 * no rule can pass because it looks at nothing.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { rules } from './rules.ts';
import { readTree, type Tree, workspaceOf } from './workspace.ts';

const real = workspaceOf(readTree(fileURLToPath(new URL('../..', import.meta.url))));

test('the workspace is read', () => {
  expect(real.packages.map((pkg) => pkg.dir)).toEqual(
    expect.arrayContaining(['packages/core', 'apps/replicator', 'test']),
  );
  const core = real.packages.find((pkg) => pkg.dir === 'packages/core');
  expect(core?.files.map((file) => file.path)).toContain('src/version/version.ts');
});

describe('the workspace', () => {
  test.each(rules)('$name', ({ check }) => {
    expect(check(real)).toEqual([]);
  });
});

// ---------------------------------------------------------------- planted

function manifest(name: string, more: object = {}): string {
  const published = { types: './dist/index.d.ts', default: './dist/index.js' };
  return JSON.stringify({
    name,
    license: 'MIT',
    type: 'module',
    engines: { node: '>=22.12' },
    files: ['dist', 'README.md', 'LICENSE'],
    exports: { '.': { '@entwine/source': './src/index.ts', ...published } },
    publishConfig: { access: 'public', exports: { '.': published } },
    ...more,
  });
}

const sound: Tree = {
  'package.json': JSON.stringify({ name: 'root', private: true, license: 'MIT', devDependencies: { vitest: '1' } }),
  'docs/dependencies.md': '| Package | Why |\n|---|---|\n| `vitest` | Tests. |\n| `ioredis` | Talks to Redis. |\n',
  'packages/core/package.json': manifest('@entwine/core'),
  'packages/core/src/index.ts': "export { a, type B } from './a.ts';\n",
  'packages/core/src/a.ts':
    "/** A. Not Date. */\nimport type { B } from './b.ts';\nexport const a = { now: 'Date' };\n",
  'packages/core/src/b.ts': '/** B. */\nexport interface B {\n  process?: number;\n}\n',
  'packages/core/src/a.test.ts':
    "import { test } from 'vitest';\nimport { help } from './testing/help.ts';\nDate.now();\n",
  'packages/core/src/testing/help.ts': '/** Helps. */\nexport const help = 1;\n',
  'packages/redis/package.json': manifest('@entwine/redis', { dependencies: { '@entwine/core': '1', ioredis: '1' } }),
  'packages/redis/src/index.ts': "export { c } from './c.ts';\n",
  'packages/redis/src/c.ts':
    "/** C. */\nimport { a } from '@entwine/core';\nimport { Redis } from 'ioredis';\nimport 'node:net';\n",
  'packages/engine/package.json': manifest('@entwine/engine', { dependencies: { '@entwine/core': '1' } }),
  'packages/engine/src/index.ts': "export { d } from './d.ts';\n",
  'packages/engine/src/d.ts': "/** D. */\nimport { a } from '@entwine/core';\n",
  'packages/engine/src/d.test.ts': "import '../test-support/e.ts';\n",
  'packages/engine/test-support/e.ts': "/** E. */\nimport '../../core/src/a.ts';\n",
  'apps/demo/package.json': JSON.stringify({
    name: '@entwine/demo',
    private: true,
    dependencies: { '@entwine/redis': '1' },
  }),
  'apps/demo/src/main.ts':
    "#!/usr/bin/env node\n/** Main. */\nimport '@entwine/redis';\nnew URL('./child.ts', import.meta.url);\n",
  'apps/demo/src/child.ts': '/** Child. */\nDate.now();\n',
  'test/package.json': JSON.stringify({ name: '@entwine/test', private: true, dependencies: { '@entwine/core': '1' } }),
  'test/a.test.ts': "import '@entwine/core';\nimport '../packages/core/src/a.ts';\nimport 'vitest';\n",
};

const a = 'packages/core/src/a.ts';
const d = 'packages/engine/src/d.ts';
const appended: [rule: string, file: string, text: string, problem: string][] = [
  ['the core depends on nothing', a, "import 'node:fs';", 'imports node:fs'],
  ['the core depends on nothing', a, "export { x } from '@entwine/redis';", 'imports @entwine/redis'],
  ['the core depends on nothing', a, 'await import(name);', 'imports a computed name'],
  ...[
    'Date.now()',
    'new Date()',
    'performance.now()',
    'process.pid',
    'Buffer.from(x)',
    'setTimeout(f)',
    'console.log(x)',
  ]
    .concat([
      'Math.random()',
      'crypto.randomUUID()',
      '{ ...process.env }',
      '`${Date.now()}`',
      'globalThis.x',
      'Math["random"]()',
    ])
    .concat(['b ? Date : a', 'import.meta.url'])
    .map((code): [string, string, string, string] => {
      return ['the core reads no clock, no randomness and nothing ambient', a, `x(${code});`, `${a}:4 uses `];
    }),
  ['packages import only what the picture allows', d, "import { c } from '@entwine/redis';", 'imports @entwine/redis'],
  ['packages import only what the picture allows', d, "import 'node:fs';", 'imports node:fs'],
  ['packages import only what the picture allows', d, "import 'fs';", 'imports fs'],
  ['packages import only what the picture allows', d, "import 'ioredis/built';", 'imports ioredis/built'],
  [
    'packages import only what the picture allows',
    'packages/redis/src/c.ts',
    "import '@entwine/log-lmdb';",
    'log-lmdb',
  ],
  [
    'packages import only what the picture allows',
    'packages/new/package.json',
    manifest('@entwine/new'),
    'not in the picture',
  ],
  [
    'nothing that ships imports the testkit',
    d,
    "import type { T } from '@entwine/testkit';",
    'imports @entwine/testkit',
  ],
  [
    'nothing that ships imports the testkit',
    'apps/demo/src/main.ts',
    "import '@entwine/testkit/x';",
    'imports @entwine/testkit/x',
  ],
  [
    'relative imports stay in their package and lead to a file',
    d,
    "import '../../core/src/a.ts';",
    'outside its package',
  ],
  [
    'relative imports stay in their package and lead to a file',
    'packages/core/src/testing/help.ts',
    "import '../../../x/y.ts';",
    'outside its package',
  ],
  ['relative imports stay in their package and lead to a file', d, "import './gone.ts';", 'does not exist'],
  ['no source file is dead', 'packages/core/src/dead.ts', '/** Dead. */', 'dead.ts is reachable from no entry'],
  ['no source file is dead', 'packages/core/src/testing/dead.ts', '/** Dead. */', 'dead.ts is reachable from no entry'],
  [
    'no source file is dead',
    'packages/engine/test-support/dead.ts',
    '/** Dead. */',
    'dead.ts is reachable from no entry',
  ],
  ['no source file is dead', 'apps/demo/src/dead.ts', '/** Dead. */', 'dead.ts is reachable from no entry'],
  ['what is imported is declared', d, "import 'left-pad';", 'imports left-pad, which is not declared'],
  ['what is imported is declared', d, "import 'vitest';", 'imports vitest, which is not declared'],
  ['what is imported is declared', 'test/a.test.ts', "import 'ioredis';", 'imports ioredis, which is not declared'],
  [
    'an index holds named exports only',
    'packages/core/src/index.ts',
    "export * from './b.ts';",
    'more than named exports',
  ],
  ['an index holds named exports only', 'packages/core/src/index.ts', 'export const x = 1;', 'more than named exports'],
  ['an index holds named exports only', 'packages/core/src/index.ts', "import './a.ts';", 'more than named exports'],
  ['source files open with a doc comment', 'packages/core/src/bare.ts', 'export const x = 1;', 'does not open'],
  ['source files have at most 400 lines', d, '\n'.repeat(400), 'd.ts has 403 lines'],
  [
    'docs/dependencies.md lists every dependency and no other',
    'docs/dependencies.md',
    '| `zod` | Checks. |',
    'lists zod',
  ],
];

const replaced: [rule: string, file: string, text: string, problem: string][] = [
  [
    'the core depends on nothing',
    'packages/core/package.json',
    manifest('@entwine/core', { dependencies: { x: '1' } }),
    'depends on x',
  ],
  [
    'nothing that ships imports the testkit',
    'packages/engine/package.json',
    manifest('@entwine/engine', { dependencies: { '@entwine/core': '1', '@entwine/testkit': '1' } }),
    'depends on @entwine/testkit',
  ],
  [
    'what is declared is used',
    'packages/engine/package.json',
    manifest('@entwine/engine', { dependencies: { '@entwine/core': '1', zod: '1' } }),
    'declares zod',
  ],
  [
    'what is declared is used',
    'packages/engine/package.json',
    manifest('@entwine/engine', { dependencies: { '@entwine/core': '1' }, devDependencies: { '@types/x': '1' } }),
    'declares @types/x',
  ],
  [
    'an index holds named exports only',
    'packages/core/src/index.ts',
    "export { default as x } from './a.ts', y;",
    'more than',
  ],
  [
    'docs/dependencies.md lists every dependency and no other',
    'docs/dependencies.md',
    '| `vitest` | T. |',
    'ioredis is not in',
  ],
  ...Object.entries({
    license: 'ISC',
    type: 'commonjs',
    engines: {},
    files: ['dist'],
    publishConfig: {},
    exports: { '.': './src/index.ts' },
  }).map(([field, value]): [string, string, string, string] => {
    const text = manifest('@entwine/engine', { dependencies: { '@entwine/core': '1' }, [field]: value });
    return ['published manifests are complete', 'packages/engine/package.json', text, 'packages/engine/package.json: '];
  }),
];

describe('planted', () => {
  test.each(rules)('a sound workspace passes: $name', ({ check }) => {
    expect(check(workspaceOf(sound))).toEqual([]);
  });

  test.each(appended)('%s: %s with %j', (name, file, text, problem) => {
    expect(problems(name, { ...sound, [file]: `${sound[file] ?? ''}${text}\n` })).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  test.each(replaced)('%s: %s is %j', (name, file, text, problem) => {
    const found = problems(name, { ...sound, [file]: text });
    expect(found).toContainEqual(expect.stringContaining(problem));
  });

  test('every rule has something planted', () => {
    const planted = new Set([...appended, ...replaced].map(([name]) => name));
    expect(rules.map((rule) => rule.name).filter((name) => !planted.has(name))).toEqual([]);
  });
});

function problems(name: string, tree: Tree): string[] {
  return rules.find((rule) => rule.name === name)!.check(workspaceOf(tree));
}
