import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLmdbLog } from '@entwine/log-lmdb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleConfig } from '../testing/sample-config.ts';
import { checkListen } from './check-listen.ts';
import { checkLogFolder } from './check-log-folder.ts';
import { checkPeers } from './check-peers.ts';
import { finding } from './finding.ts';
import { renderFindings } from './render-findings.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'entwine-check-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A listener on a free loopback port. */
async function listener(): Promise<{ port: number; close: () => void }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { port: number }).port, close: () => void server.close() };
}

describe('the log folder', () => {
  const check = async (path: string, running = false) =>
    (await checkLogFolder(sampleConfig({ log: { path } }), running))[0];

  test('one that is not there yet is not made', async () => {
    const path = join(folder, 'new/deep');
    expect(await check(path)).toMatchObject({ severity: 'ok', message: expect.stringContaining('can be created') });
    expect(await check(path)).toMatchObject({ severity: 'ok', message: expect.stringContaining('can be created') });
  });

  test('a file in its place', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(await check(join(folder, 'file'))).toMatchObject({
      severity: 'error',
      message: expect.stringContaining('is not a folder'),
    });
  });

  test('an empty one, one with a log, one in use', async () => {
    const path = join(folder, 'log');
    mkdirSync(path);
    expect(await check(path)).toMatchObject({ severity: 'ok', message: expect.stringContaining('empty') });
    const log = await openLmdbLog({ path });
    expect(await check(path)).toMatchObject({
      severity: 'error',
      remedy: expect.stringContaining('Stop the other process'),
    });
    expect(await check(path, true)).toMatchObject({
      severity: 'ok',
      message: expect.stringContaining('running replicator'),
    });
    await log.close();
    expect(await check(path)).toMatchObject({ severity: 'ok', message: expect.stringContaining('log of 0 origins') });
  });

  test('a damaged one is named', async () => {
    const path = join(folder, 'damaged');
    mkdirSync(path);
    writeFileSync(join(path, 'log.mdb'), 'x'.repeat(16_384));
    expect(await check(path)).toMatchObject({ severity: 'error', message: expect.stringContaining('damaged') });
  });
});

describe('addresses', () => {
  test('to listen on: free, in use, in use by right', async () => {
    const other = await listener();
    const config = sampleConfig({ http: { listen: { host: '127.0.0.1', port: other.port }, allowRemote: false } });
    expect((await checkListen(config, false))[0]).toMatchObject({
      severity: 'error',
      message: `127.0.0.1:${other.port} is in use`,
    });
    expect((await checkListen(config, true))[0]).toMatchObject({ severity: 'ok' });
    other.close();
    expect((await checkListen(sampleConfig(), false))[0]).toMatchObject({ severity: 'ok' });
  });

  test('of peers: reachable, away, none', async () => {
    const other = await listener();
    const peer = (port: number) => [{ site: 'b', priority: 1, address: { host: '127.0.0.1', port } }];
    expect(await checkPeers(sampleConfig({ peers: peer(other.port) }))).toMatchObject([{ severity: 'ok', name: 'b' }]);
    other.close();
    expect(await checkPeers(sampleConfig({ peers: peer(1) }))).toMatchObject([{ severity: 'warning' }]);
    expect(await checkPeers(sampleConfig({ peers: [] }))).toMatchObject([{ severity: 'warning', name: 'peers' }]);
  });
});

test('findings as text: by subject, remedies below, counts at the end', () => {
  const text = renderFindings([
    finding('ok', 'redis', 'version', 'redis 7.4.1'),
    finding('error', 'log', 'folder', '/x is not writable', 'Do this:\nand that'),
    finding('warning', 'redis', 'rights', 'some missing'),
  ]);
  expect(text).toBe(
    [
      'redis',
      '  ok       version  redis 7.4.1',
      '  warning  rights   some missing',
      '',
      'log',
      '  error    folder  /x is not writable',
      '                   -> Do this:',
      '                      and that',
      '',
      '1 error, 1 warning',
      '',
    ].join('\n'),
  );
});
