/**
 * The scripts behind `npm test`, `npm run demo` and `npm run servers`, run as they are in an empty folder whose tools are stand-ins. What the
 * bootstrap does with apt needs a machine to spare and is not run here.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
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

describe('servers', () => {
  const servers = (...args: string[]) =>
    script('servers.mjs', { PATH: join(root, 'bin'), ENTWINE_SERVERS: join(root, 'cache') }, args);
  const built = (name: string): void => {
    program(`cache/${name}/bin/${name.split('-')[0]}-server`, '');
  };
  const row = (product: string, version: string): string => {
    const path = join(root, 'cache', `${product}-${version}`, 'bin', `${product}-server`);
    return `${product.padEnd(8)} ${version.padEnd(9)} ${path}`;
  };
  const rows = (out: string): string[] => out.trimEnd().split('\n').slice(1);

  test('lists what is there, in the order of versions', () => {
    for (const name of ['valkey-9.1.2', 'redis-8.10.0', 'redis-8.6.3', 'redis-half']) built(name);
    mkdirSync(join(root, 'cache/redis-9.0.0/bin'), { recursive: true });
    const { code, out } = servers('--list');
    expect(code).toBe(0);
    expect(rows(out)).toEqual([row('redis', '8.6.3'), row('redis', '8.10.0'), row('valkey', '9.1.2')]);
    expect(rows(servers('--list', 'redis-8.6').out)).toEqual([row('redis', '8.6.3')]);
    expect(rows(servers('--list', 'redis-8.1').out)).toEqual([]);
  });

  test('says where there is nothing', () => {
    const out = `no such server in ${join(root, 'cache')}; build with: npm run servers\n`;
    expect(servers('--list')).toEqual({ code: 0, out, err: '' });
  });

  test('needs no tool and no network when everything named is there', () => {
    for (const name of ['redis-7.0.15', 'redis-8.0.6', 'redis-8.6.3', 'valkey-8.1.1', 'valkey-9.1.2']) built(name);
    expect(rows(servers().out)).toHaveLength(5);
    expect(servers('valkey', 'redis-8').err).toBe('');
  });

  test.each([['--all'], ['kvrocks-2'], ['redis-'], ['redis-8.6.3.1'], ['../redis-8']])('refuses %s', (word) => {
    const { code, out, err } = servers(word);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(word);
    expect(err).toContain('Usage: npm run servers -- [NAME...] [--list]');
  });

  describe.skipIf(!existsSync('/usr/share/keyrings/debian-archive-keyring.gpg'))('from an archive', () => {
    beforeEach(() => {
      for (const tool of ['gcc', 'g++', 'dpkg-source', 'pkg-config', 'make']) program(`bin/${tool}`, '');
      const target = 'echo "bookworm-updates main http://wrong/"; echo "bookworm main http://archive.test/debian/"';
      const unpack = '/bin/mkdir -p package-1/src';
      program(
        'bin/apt-get',
        `case $1 in indextargets) ${target};; source) echo "$@" >${root}/source; ${unpack};; esac`,
      );
      const versions = ['5:8.0.6-3', '5:8.6.3-1~bpo13+1', '5:8.8.0~rc1-1', '8.1.1+dfsg1-3+deb13u2'];
      program('bin/apt-cache', versions.map((version) => `echo "Version: ${version}"`).join('\n'));
      const server = '#!/bin/sh\\necho server v=8.6.3 sha=0';
      const make = `for made in server cli; do printf '${server}' >$3/redis-$made; /bin/chmod +x $3/redis-$made; done`;
      program('bin/nice', `echo "$@" >${root}/nice; echo compiling; ${make}`);
    });

    test('builds the newest release that fits, once', () => {
      const { code, out, err } = servers('redis-8');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain('reading the index of source packages at http://archive.test/debian/\n');
      expect(out).toContain(row('redis', '8.6.3'));
      expect(read('source')).toMatch(/^source .*--only-source redis=5:8\.6\.3-1~bpo13\+1\n$/);
      expect(read('nice')).toMatch(
        /^make -C package-1\/src -j\d+ MALLOC=libc BUILD_TLS=no .* redis-server redis-cli\n$/,
      );
      expect(read('cache/logs/redis-8.6.3.log')).toBe('compiling\n');
      expect(existsSync(join(root, 'cache/redis-8.6.3/bin/redis-cli'))).toBe(true);
      rmSync(join(root, 'bin'), { recursive: true });
      expect(rows(servers('redis-8').out)).toEqual([row('redis', '8.6.3')]);
    });

    test('says what Debian has when it has not what is named, and still builds the rest', () => {
      const { code, err } = servers('redis-6', 'redis-8.6');
      expect(code).toBe(1);
      expect(err).toMatch(/^servers: Debian has no source package for redis-6 at http:\S+\. It has: redis-8\.0\.6, /);
      expect(servers('--list').out).toContain(row('redis', '8.6.3'));
    });

    test('where possible: tells what cannot be built, and tries that no more before a day is over', () => {
      const first = servers('--where-possible', 'redis-6', 'redis-8.6');
      expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
      expect(first.out).toContain('servers: Debian has no source package for redis-6 at http:');
      expect(rows(servers('--list').out)).toEqual([row('redis', '8.6.3')]);
      expect(servers('--where-possible', 'redis-6', 'redis-8.6').out).not.toContain('reading the index');
      const yesterday = Date.now() / 1000 - 25 * 3600;
      utimesSync(join(root, 'cache/logs/redis-6.failed'), yesterday, yesterday);
      expect(servers('--where-possible', 'redis-6', 'redis-8.6').out).toContain('reading the index');
    });

    test('shows the end of the log of a build that fails, and leaves no server', () => {
      program('bin/nice', 'echo compiling; echo the reason; exit 2');
      const { code, err } = servers('redis-8');
      expect(code).toBe(1);
      expect(err).toContain('redis-8.6.3: the build failed (nice make ');
      expect(err).toContain(`${join(root, 'cache/logs/redis-8.6.3.log')}\ncompiling\nthe reason\n`);
      expect(servers('--list').out).toContain('no such server');
    });

    test('keeps no server that is of another version than its package', () => {
      const { code, err } = servers('redis-8.0');
      expect(code).toBe(1);
      expect(err).toBe('servers: redis-8.0.6: the server built says it is: server v=8.6.3 sha=0\n');
    });
  });
});

// ---------------------------------------------------------------- helpers

function script(
  name: string,
  env: NodeJS.ProcessEnv = {},
  args: readonly string[] = [],
): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts', name), ...args], {
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
