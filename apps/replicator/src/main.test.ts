import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, spawnEntwine } from './testing/entwine-process.ts';
import { version } from './version.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'entwine-main-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const entwine = (...args: string[]): Promise<Ended> => spawnEntwine(args).ended;

/** Each starts processes, which takes a second and more where the machine is busy. */
const timeout = 30_000;

describe('entwine as a process', { timeout }, () => {
  test('version, either way', async () => {
    const expected = { code: 0, out: `entwine ${version} (node ${process.versions.node})\n`, err: '' };
    expect(await entwine('version')).toEqual(expected);
    expect(await entwine('--version')).toEqual(expected);
  });

  test('help goes to standard output', async () => {
    expect(await entwine('--help')).toMatchObject({ code: 0, out: expect.stringContaining('Exit codes:'), err: '' });
    expect(await entwine('check', '--help')).toMatchObject({ code: 0, out: expect.stringContaining('--json') });
  });

  test('a wrong command line exits 2 and points to the help', async () => {
    const ended = await entwine('run');
    expect(ended).toEqual({ code: 2, out: '', err: 'entwine: run needs --config FILE\nTry: entwine run --help\n' });
    expect((await entwine('status', '--config', 'x', '--url', 'y')).code).toBe(2);
  });

  test('a wrong configuration exits 3, names file and line, and shows no secret', async () => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'site: a\nsceret: hunter2-hunter2-hunter2\n');
    for (const command of ['run', 'check']) {
      const { code, out, err } = await entwine(command, '--config', file);
      expect(code).toBe(3);
      expect(err + out).toContain('bad.yaml:2: unknown key "sceret". Did you mean "secret"?');
      expect(err + out).not.toContain('hunter2');
    }
    expect((await entwine('status', '--config', join(folder, 'none.yaml'))).code).toBe(3);
  });
});
