import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { freePort } from '../test-support/free-port.ts';

test("the README's example runs", async () => {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${cwd}/README.md`, 'utf8')) ?? [];
  const code = example!.replaceAll('7401', `${await freePort()}`).replaceAll('7402', `${await freePort()}`);
  const args = ['--conditions=@entwine/source', '--input-type=module-typescript', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, timeout: 20_000 });
  // Who is acknowledged first closes first; so at least one of each is sure.
  expect(stdout).toMatch(/(paris received tokyo|tokyo received paris)\/one\/1 1: hello from (tokyo|paris)/);
  expect(stdout).toMatch(/has settled (paris|tokyo) up to 1/);
});
