/**
 * The scripts behind `npm test` and `npm run demo`, run as they are in an empty folder whose tools are stand-ins. What the
 * bootstrap does with apt needs a machine to spare and is not run here.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const scripts = fileURLToPath(new URL('../../scripts', import.meta.url));

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'entwine-scripts-'));
  cpSync(scripts, join(root, 'scripts'), { recursive: true });
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('bootstrap', () => {
  beforeEach(() => {
    write('package.json', JSON.stringify({ devEngines: { packageManager: { version: '1.2.3' } } }));
    write('pnpm-lock.yaml', 'one');
    program('bin/redis-server', '');
    program('bin/openssl', '');
    program(
      'bin/npx',
      'echo "$@" >>calls; /bin/mkdir -p node_modules/.bin; echo >node_modules/.bin/node; /bin/chmod +x node_modules/.bin/node',
    );
  });

  const bootstrap = () => script('bootstrap.mjs', { PATH: `${join(root, 'node_modules/.bin')}:${join(root, 'bin')}` });
  const calls = (): string[] => (existsSync(join(root, 'calls')) ? read('calls').trim().split('\n') : []);

  test('installs the workspace once, silently passes by the second time', () => {
    expect(bootstrap()).toEqual({ code: 0, out: 'bootstrap: installing the workspace packages\n', err: '' });
    expect(calls()).toEqual(['--yes pnpm@1.2.3 install --frozen-lockfile']);
    expect(bootstrap()).toEqual({ code: 0, out: '', err: '' });
    expect(calls()).toHaveLength(1);
  });

  test.each([
    'pnpm-lock.yaml',
    'package.json',
    'packages/core/package.json',
    'apps/demo/package.json',
    'test/package.json',
  ])('installs again when %s has changed', (file) => {
    bootstrap();
    write(file, file === 'package.json' ? read(file).replace('1.2.3', '1.2.4') : 'two');
    expect(bootstrap().code).toBe(0);
    expect(calls()).toHaveLength(2);
  });

  test('installs again when the installed Node is gone', () => {
    bootstrap();
    rmSync(join(root, 'node_modules/.bin/node'));
    bootstrap();
    expect(calls()).toHaveLength(2);
  });

  test('says why the install failed, and tries again the next time', () => {
    const working = read('bin/npx');
    program('bin/npx', 'echo the reason; exit 3');
    const failed = bootstrap();
    expect(failed.code).toBe(1);
    expect(failed.err).toBe('bootstrap: pnpm install --frozen-lockfile failed:\nthe reason\n\n');
    write('bin/npx', working);
    expect(bootstrap().code).toBe(0);
    expect(calls()).toHaveLength(1);
  });

  test('names the system packages it cannot install', () => {
    rmSync(join(root, 'bin/redis-server'));
    rmSync(join(root, 'bin/openssl'));
    const failed = bootstrap();
    expect(failed.code).toBe(1);
    expect(failed.err).toContain('missing system packages: redis-server, openssl.');
    expect(calls()).toEqual([]);
  });
});

describe('test', () => {
  const vitest =
    'for arg; do case $arg in --outputFile.json=*) [ -f report ] && /bin/cp report "${arg#*=}";; esac; done';

  beforeEach(() => {
    for (const tool of ['tsc', 'biome']) program(`node_modules/.bin/${tool}`, '');
    program('node_modules/.bin/vitest', vitest);
  });

  /** A report of the runner: the four counts, and for each file its status and those of its tests. */
  const report = (counts: [number, number, number, number], files: [string, ...string[]][] = []): void => {
    const [numPassedTests, numFailedTests, numPendingTests, numTodoTests] = counts;
    const testResults = files.map(([status, ...tests], index) => {
      return { name: `file ${index}`, status, assertionResults: tests.map((one) => ({ status: one })) };
    });
    write('report', JSON.stringify({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }));
  };
  const run = (): { code: number | null; last: string | undefined } => {
    const { code, out } = script('test.mjs');
    expect(out.endsWith('\n')).toBe(true);
    return { code, last: out.trimEnd().split('\n').at(-1) };
  };

  test('counts the type check and the linter as tests', () => {
    report([5, 0, 0, 0]);
    expect(run()).toEqual({ code: 0, last: '7 passed, 0 failed' });
  });

  test('tells what was skipped', () => {
    report([5, 0, 2, 1]);
    expect(run()).toEqual({ code: 0, last: '7 passed, 0 failed, 3 skipped' });
  });

  test.each(['tsc', 'biome'])('fails when %s does, and still runs the rest', (tool) => {
    report([5, 0, 0, 0]);
    program(`node_modules/.bin/${tool}`, 'exit 2');
    expect(run()).toEqual({ code: 1, last: '6 passed, 1 failed' });
  });

  test('fails with a failed test', () => {
    report([4, 1, 0, 0], [['failed', 'passed', 'failed']]);
    program('node_modules/.bin/vitest', `${vitest}; exit 1`);
    expect(run()).toEqual({ code: 1, last: '6 passed, 1 failed' });
  });

  test('counts a file that did not load as failed', () => {
    report([5, 1, 0, 0], [['failed'], ['failed', 'failed'], ['passed', 'passed']]);
    expect(run()).toEqual({ code: 1, last: '7 passed, 2 failed' });
  });

  test('fails when the runner does, though no test did', () => {
    report([5, 0, 0, 0]);
    program('node_modules/.bin/vitest', `${vitest}; exit 1`);
    expect(run()).toEqual({ code: 1, last: '7 passed, 1 failed' });
  });

  test('fails when no test ran', () => {
    report([0, 0, 3, 0]);
    expect(run()).toEqual({ code: 1, last: '2 passed, 0 failed, 3 skipped' });
  });

  test('fails without a report, also when an old one lies there', () => {
    report([5, 0, 0, 0]);
    run();
    rmSync(join(root, 'report'));
    expect(run()).toEqual({ code: 1, last: '2 passed, 1 failed' });
  });
});

// ---------------------------------------------------------------- helpers

function script(name: string, env: NodeJS.ProcessEnv = {}): { code: number | null; out: string; err: string } {
  const args = [join(root, 'scripts', name)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function write(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

function program(path: string, body: string): void {
  write(path, `#!/bin/sh\n${body}\n`);
  chmodSync(join(root, path), 0o755);
}
