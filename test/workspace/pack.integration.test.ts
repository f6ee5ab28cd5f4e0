/**
 * What ships: every published package is built, packed, installed from its tarball into an empty folder with npm, and
 * imported there. The workspace's sources, links and conditions play no part in that folder.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Manifest, type Package, readTree, workspaceOf } from './workspace.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const published = workspaceOf(readTree(root)).packages.filter(
  ({ manifest, files }) => manifest.private !== true && files.some((file) => file.path === 'src/index.ts'),
);

const work = mkdtempSync(join(tmpdir(), 'entwine-pack-'));
const tarballs = join(work, 'tarballs');
const installed = join(work, 'installed');

beforeAll(() => {
  // Files of sources that are gone would be packed too.
  for (const { dir } of published) rmSync(join(root, dir, 'dist'), { recursive: true, force: true });
  run(
    join(bin, 'turbo'),
    ['run', 'build', '--output-logs=errors-only', ...published.map((pkg) => `--filter=./${pkg.dir}`)],
    root,
  );
  mkdirSync(tarballs);
  for (const { dir } of published) run(join(bin, 'pnpm'), ['pack', '--pack-destination', tarballs], join(root, dir));
  mkdirSync(installed);
  writeFileSync(join(installed, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  const files = readdirSync(tarballs).map((name) => join(tarballs, name));
  run('npm', ['install', '--no-audit', '--no-fund', '--no-update-notifier', '--prefer-offline', ...files], installed);
}, 300_000);

afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

test('every published package has its tarball', () => {
  expect(readdirSync(tarballs)).toHaveLength(published.length);
});

test.each(published)('$manifest.name contains what it should', ({ manifest }) => {
  const home = join(installed, 'node_modules', manifest.name);
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' });
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'package.json', 'dist/index.js', 'dist/index.d.ts']));
  const stray = files.filter((file) => /^(?:src|test)\/|\.test\.|(?<!\.d)\.ts$|^dist\/testing\//.test(file));
  expect(stray).toEqual([]);
  const packed = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Manifest;
  expect(packed.exports).toEqual(manifest.publishConfig?.exports);
  expect(Object.values(packed.dependencies ?? {}).filter((range) => range.startsWith('workspace:'))).toEqual([]);
});

test.each(published)('$manifest.name can be imported', (pkg) => {
  const code = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(pkg.manifest.name)}))))`;
  const names = JSON.parse(run(process.execPath, ['--input-type=module', '-e', code], installed)) as string[];
  expect(names.sort()).toEqual(exportedNames(pkg));
});

test.each(published.filter(({ manifest }) => manifest.bin !== undefined))(
  '$manifest.name has its programs',
  ({ manifest }) => {
    const programs =
      typeof manifest.bin === 'string' ? [manifest.name.split('/').at(-1)!] : Object.keys(manifest.bin ?? {});
    for (const program of programs) {
      const file = join(installed, 'node_modules', '.bin', program);
      expect(existsSync(file)).toBe(true);
      expect(run(file, ['version'], installed)).toMatch(/\d+\.\d+\.\d+/);
    }
  },
);

/** The values, not the types, that a package's index.ts names. */
function exportedNames({ files }: Package): string[] {
  const index = files.find((file) => file.path === 'src/index.ts');
  return [...(index?.scan.code ?? '').matchAll(/\bexport\s+(type\s+)?\{([^}]*)\}/g)]
    .filter((match) => match[1] === undefined)
    .flatMap((match) => match[2]!.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.split(/\s+as\s+/).at(-1)!)
    .sort();
}

function run(file: string, args: readonly string[], cwd: string): string {
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH ?? ''}`,
    TURBO_TELEMETRY_DISABLED: '1',
    CI: 'true',
  };
  try {
    return execFileSync(file, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${file} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  }
}
