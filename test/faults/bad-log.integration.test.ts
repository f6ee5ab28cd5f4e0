/** A log that can't be used or trusted: refused by name, with an exit code of its own, and nothing of it shipped. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '@entwine/replicator';
import { expect, test } from 'vitest';
import { configOf, freePort, Replicator, waitFor } from '../../apps/demo/src/lab/index.ts';
import { afterwards, preparedMesh, readyMesh } from '../support/test-mesh.ts';

test('a folder that cannot be made', async () => {
  const { replicator } = (await preparedMesh()).site('a');
  const logPath = join(replicator.configFile, 'log');
  replicator.configure(configOf({ ...replicator.options, logPath }));
  replicator.start();
  expect((await replicator.ended()).code).toBe(exitCodes.log);
  expect(replicator.tail()).toContain(logPath);
});

test('a folder that another replicator uses', async () => {
  const { replicator } = (await readyMesh()).site('a');
  const { options } = replicator;
  const ports = { linkPort: await freePort(), httpPort: await freePort() };
  const second = new Replicator({
    ...options,
    ...ports,
    folder: join(options.folder, 'second'),
    logPath: join(options.folder, 'log'),
  });
  afterwards(() => second.stop());
  second.start();
  expect((await second.ended()).code).toBe(exitCodes.log);
  expect(second.tail()).toMatch(/in use/);
  expect(await replicator.readiness()).toBe(200);
});

test('a corrupted record is named and refused, and not shipped', async () => {
  const mesh = await preparedMesh();
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  a.replicator.start();
  await a.replicator.ready();
  const text = 'a value that will be damaged';
  await a.master.with((client) => client.set('k', text));
  await waitFor('it is in the log', async () => {
    const status = await a.replicator.status();
    return status.capturedUnits === 1 && status.seq.flushed >= status.seq.captured;
  });
  expect(await a.replicator.stop()).toEqual({ code: 0, signal: null });
  expect(damage(join(a.replicator.options.folder, 'log'), text)).toBeGreaterThan(0);

  a.replicator.start();
  b.replicator.start();
  const exit = await a.replicator.ended(30_000);
  expect([exitCodes.log, exitCodes.failed]).toContain(exit.code);
  expect(a.replicator.tail()).toMatch(/corrupt/i);
  expect(await b.master.with((client) => client.exists('k'))).toBe(0);
});

/** Changes a byte of every copy of a text in a folder's files; returns how many there were. */
function damage(folder: string, text: string): number {
  let copies = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
      bytes[at + 3] = 0x21;
      copies += 1;
    }
    if (copies > 0) writeFileSync(file, bytes);
  }
  return copies;
}
