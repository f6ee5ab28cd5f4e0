/** Function libraries at two sites: loaded, replaced, deleted, flushed and restored, in order and at once. */
import { expect, test } from 'vitest';
import { readLibraries } from '../../apps/demo/src/lab/functions.ts';
import { type Mesh, pause, type Site, settled, waitFor } from '../../apps/demo/src/lab/index.ts';
import { readyMesh } from '../support/test-mesh.ts';

type Words = readonly (string | Buffer)[];

const library = (name: string, version: number, functionName = name): string =>
  `#!lua name=${name}\nredis.register_function('${functionName}', function() return ${version} end)`;

const at = (mesh: Mesh, name: string, ...words: Words): Promise<unknown> =>
  mesh.site(name).master.with((client) => client.callBuffer('FUNCTION', ...words));

async function held(site: Site): Promise<Record<string, string>> {
  return site.master.with(async (client) => Object.fromEntries(await readLibraries(client)));
}

/** Every site comes to hold exactly these, and has nothing to tell any more. */
async function holds(mesh: Mesh, ...codes: readonly string[]): Promise<void> {
  const expected = Object.fromEntries(codes.map((code) => [/name=(\w+)/.exec(code)![1], code]));
  await settled(mesh.sites);
  for (const site of mesh.sites) {
    let found: unknown;
    await waitFor(
      `${site.name} holds ${Object.keys(expected)}`,
      async () => {
        found = await held(site);
        return JSON.stringify(sorted(found as object)) === JSON.stringify(sorted(expected));
      },
      { describe: () => JSON.stringify(found) },
    );
  }
}

const sorted = (object: object): unknown => Object.entries(object).toSorted();

/** What a site wrote so far is captured, and what is written next is newer. */
async function captured(mesh: Mesh, name: string): Promise<void> {
  const { master, replicator } = mesh.site(name);
  const end = await master.offset();
  await waitFor(`${name} has captured its stream`, async () => {
    const status = await replicator.status();
    return (status.position?.offset ?? 0) >= end && status.pending.units === 0;
  });
  await pause(2);
}

async function units(mesh: Mesh): Promise<number[]> {
  return Promise.all(mesh.sites.map(async ({ replicator }) => (await replicator.status()).capturedUnits));
}

async function apart(mesh: Mesh, act: () => Promise<unknown>): Promise<void> {
  for (const link of mesh.links('a', 'b')) link.blackhole();
  await act();
  for (const link of mesh.links('a', 'b')) link.heal();
}

test('each load, deletion and flush arrives once', async () => {
  const mesh = await readyMesh();
  await at(mesh, 'a', 'LOAD', library('one', 1));
  await at(mesh, 'a', 'LOAD', library('two', 1));
  await holds(mesh, library('one', 1), library('two', 1));
  await at(mesh, 'b', 'LOAD', 'REPLACE', library('one', 2));
  await at(mesh, 'b', 'DELETE', 'two');
  await holds(mesh, library('one', 2));
  await at(mesh, 'a', 'FLUSH');
  await holds(mesh);
  expect(await units(mesh)).toEqual([3, 2]);
});

test('RESTORE is the libraries it restores; with FLUSH, those alone', async () => {
  const mesh = await readyMesh();
  await at(mesh, 'a', 'LOAD', library('one', 1));
  const payload = (await at(mesh, 'a', 'DUMP')) as Buffer;
  await at(mesh, 'a', 'LOAD', 'REPLACE', library('one', 2));
  await at(mesh, 'a', 'LOAD', library('two', 1));
  await holds(mesh, library('one', 2), library('two', 1));
  await at(mesh, 'b', 'RESTORE', payload, 'REPLACE');
  await holds(mesh, library('one', 1), library('two', 1));
  await at(mesh, 'b', 'RESTORE', payload, 'FLUSH');
  await holds(mesh, library('one', 1));
  expect(await units(mesh)).toEqual([3, 2]);
  for (const { replicator } of mesh.sites) expect((await replicator.status()).untranslated).toEqual({});
});

test('two sites load, delete and flush at once: the newest stands everywhere', async () => {
  const mesh = await readyMesh();
  await apart(mesh, async () => {
    await at(mesh, 'a', 'LOAD', library('one', 1));
    await captured(mesh, 'a');
    await at(mesh, 'b', 'LOAD', library('one', 2));
  });
  await holds(mesh, library('one', 2));
  await apart(mesh, async () => {
    await at(mesh, 'a', 'LOAD', 'REPLACE', library('one', 3));
    await captured(mesh, 'a');
    await at(mesh, 'b', 'DELETE', 'one');
  });
  await holds(mesh);
  await at(mesh, 'a', 'LOAD', library('old', 1));
  await at(mesh, 'a', 'LOAD', library('one', 4));
  await holds(mesh, library('old', 1), library('one', 4));
  await apart(mesh, async () => {
    await at(mesh, 'b', 'DELETE', 'one');
    await captured(mesh, 'b');
    await at(mesh, 'a', 'LOAD', 'REPLACE', library('one', 5));
  });
  await holds(mesh, library('old', 1), library('one', 5));
  await apart(mesh, async () => {
    await at(mesh, 'a', 'FLUSH');
    await captured(mesh, 'a');
    await at(mesh, 'b', 'LOAD', library('newer', 1));
  });
  await holds(mesh, library('newer', 1));
  await apart(mesh, async () => {
    await at(mesh, 'a', 'LOAD', library('lost', 1));
    await captured(mesh, 'a');
    await at(mesh, 'b', 'FLUSH');
  });
  await holds(mesh);
});

test('sites that load the same library all the time agree, and fall silent', async () => {
  const mesh = await readyMesh();
  for (let version = 0; version < 40; version++) {
    await Promise.all(['a', 'b'].map((name, i) => at(mesh, name, 'LOAD', 'REPLACE', library('one', 2 * version + i))));
  }
  await settled(mesh.sites);
  await waitFor('both hold the same', async () => {
    const [a, b] = await Promise.all(mesh.sites.map(held));
    return a!.one !== undefined && a!.one === b!.one;
  });
  expect(await units(mesh)).toEqual([40, 40]);
});

test('what was received is loaded, whatever happens to the replicator', async () => {
  const mesh = await readyMesh();
  const { replicator } = mesh.site('b');
  for (let round = 0; round < 4; round++) {
    await at(mesh, 'a', 'LOAD', 'REPLACE', library('one', round));
    await at(mesh, 'a', 'LOAD', 'REPLACE', library(`more${round}`, round));
    if (round % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 3 * round));
    await replicator.kill();
    await at(mesh, 'a', 'DELETE', `more${round}`);
    replicator.start();
    await replicator.ready();
  }
  await holds(mesh, library('one', 3));
});

test('a library that a server refuses is told, and loaded once nothing stands in its way', async () => {
  const mesh = await readyMesh();
  await apart(mesh, async () => {
    await at(mesh, 'a', 'LOAD', library('first', 1, 'f'));
    await at(mesh, 'b', 'LOAD', library('second', 2, 'f'));
  });
  await waitFor('both tell', async () => {
    const all = await Promise.all(mesh.sites.map(({ replicator }) => replicator.status()));
    return all.every(({ alarms }) => alarms.some(({ name, active }) => name === 'library-refused' && active));
  });
  await at(mesh, 'a', 'DELETE', 'first');
  await holds(mesh, library('second', 2, 'f'));
  await waitFor('it has passed', async () => {
    const { alarms } = await mesh.site('a').replicator.status();
    return alarms.every(({ name, active }) => name !== 'library-refused' || !active);
  });
});
