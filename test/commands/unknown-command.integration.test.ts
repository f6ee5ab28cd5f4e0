/** A command that is not in the table is replicated by what it leaves in its keys, as far as the server tells them. */
import { expect, test } from 'vitest';
import { settled, waitFor } from '../../apps/demo/src/lab/index.ts';
import { readyMesh } from '../support/test-mesh.ts';

test('what a command does that goes by another name arrives, once its keys are known', async () => {
  const mesh = await readyMesh({ redisArgs: ['--rename-command', 'SETRANGE', 'PUTRANGE'] });
  const [a, b] = [mesh.site('a'), mesh.site('b')];
  const put = (key: string, text: string) => a.master.with((client) => client.call('PUTRANGE', key, '0', text));
  await waitFor('it is known', async () => {
    const before = (await a.replicator.status()).untranslated.PUTRANGE ?? 0;
    await put('k', 'first');
    await settled(mesh.sites);
    return ((await a.replicator.status()).untranslated.PUTRANGE ?? 0) === before;
  });
  await put('k', 'again');
  await put('l', 'other');
  await settled(mesh.sites);
  await waitFor('B holds both', async () => {
    const values = await b.master.with((client) => client.mget('k', 'l'));
    return values.join() === 'again,other';
  });
  expect((await a.replicator.status()).needsVerify).toBe(true);
});
