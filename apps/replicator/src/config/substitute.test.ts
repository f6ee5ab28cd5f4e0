import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { substitute } from './substitute.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'entwine-substitute-'));
  writeFileSync(join(folder, 'token'), 'from a file\n');
  writeFileSync(join(folder, 'large'), 'x'.repeat(70_000));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('substitute', () => {
  const put = (text: string) => substitute(text, { env: { A: 'one', B_2: 'two ${A}', EMPTY: '' }, folder });

  test.each([
    ['plain', 'plain'],
    ['${A}', 'one'],
    ['x${A}y${B_2}z', 'xoney' + 'two ${A}' + 'z'],
    ['${EMPTY}', ''],
    ['$${A}', '${A}'],
    ['a$b$', 'a$b$'],
    ['${FILE:token}!', 'from a file!'],
  ])('%j', (text, expected) => {
    expect(put(text)).toEqual({ ok: true, text: expected });
  });

  test('an absolute path of a file', () => {
    expect(put(`\${FILE:${join(folder, 'token')}}`)).toEqual({ ok: true, text: 'from a file' });
  });

  test.each([
    ['${NOPE}', 'environment variable NOPE is not set'],
    ['${A', 'never closed'],
    ['${FILE:missing}', 'missing cannot be read (ENOENT)'],
    ['${FILE:large}', 'larger than'],
    ['${}', 'neither a variable name'],
  ])('%j fails', (text, message) => {
    expect(put(text)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  });

  test('a failure repeats nothing of the text around it', () => {
    expect(JSON.stringify(put('hunter2${hunter2 hunter2}'))).not.toContain('hunter2');
    expect(JSON.stringify(put('hunter2${hunter2'))).not.toContain('hunter2');
  });
});
