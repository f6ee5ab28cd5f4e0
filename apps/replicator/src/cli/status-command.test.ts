import { createServer } from 'node:http';
import type { ShardStatus } from '@entwine/engine';
import { afterEach, describe, expect, test } from 'vitest';
import { type HttpServer, serveHttp } from '../http/serve-http.ts';
import { sampleStatus } from '../testing/sample-status.ts';
import { textConsole } from '../testing/text-console.ts';
import { renderStatus } from './render-status.ts';
import { statusCommand } from './status-command.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function ask(status: ShardStatus | undefined, json = false) {
  const view = {
    ...{ site: 'a', shard: 'main', status: () => status, stopping: () => false },
    ...{ conflicts: () => undefined, declareOut: () => undefined },
  };
  const server = await serveHttp({ host: '127.0.0.1', port: 0 }, view, (text) => text);
  servers.push(server);
  const console = textConsole();
  const url = `http://127.0.0.1:${server.address.port}`;
  const outcome = await statusCommand({ config: undefined, url, json }, console);
  return { outcome, ...console.written };
}

describe('status', () => {
  test.each([
    ['running', 'ok'],
    ['starting', 'notReady'],
    ['stopped', 'notReady'],
    ['resync-required', 'resyncRequired'],
    ['superseded', 'superseded'],
    ['failed', 'failed'],
  ] as const)('%s exits as %s', async (state, outcome) => {
    expect((await ask(sampleStatus({ state }))).outcome).toBe(outcome);
  });

  test('a replicator that opens its log', async () => {
    const asked = await ask(undefined);
    expect(asked).toMatchObject({ outcome: 'notReady', out: 'a/main  starting: the log is being opened\n' });
  });

  test('--json prints the status as it is', async () => {
    const { out } = await ask(sampleStatus(), true);
    expect(JSON.parse(out)).toEqual(sampleStatus());
  });

  test('nobody answers', async () => {
    const console = textConsole();
    expect(await statusCommand({ config: undefined, url: 'http://127.0.0.1:1', json: false }, console)).toBe(
      'unreachable',
    );
    expect(console.written.err).toContain('http://127.0.0.1:1 does not answer (');
  });

  test('something else answers', async () => {
    const server = createServer((_, response) => response.end('{"site":1}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const console = textConsole();
    const url = `http://127.0.0.1:${port}`;
    expect(await statusCommand({ config: undefined, url, json: false }, console)).toBe('unreachable');
    expect(console.written.err).toContain('is not a replicator');
    server.close();
  });

  test.each(['nope', 'ftp://h', '127.0.0.1:7380'])('%s is no URL to ask', async (url) => {
    expect(await statusCommand({ config: undefined, url, json: false }, textConsole())).toBe('usage');
  });
});

test('the summary shows problems before figures', () => {
  expect(renderStatus(sampleStatus(), 1_003_000)).toMatchInlineSnapshot(`
    "a/main  running
    ! source-detached: the connection ended (2 times, last 3.0 s ago)
    ! needs verify: not translated: bitop 2

      origin       a/main/00ff
      reading      127.0.0.1:7002 (replica, continue)
      position     eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee:123456 (db 0)
      own log      118 flushed of 120 captured, kept from 90
      captured     100 units, 250 ops; 20 heartbeats
      waiting      2 units to commit, 1 entries to settle, 4 batches in flight
      log          4.5 MiB, oldest 12.5 s
      window       42 keys remembered, about 50.8 KiB
      corrections  reassert 3, marker 1
      conflicts    string/local-lost 4, count/remote-lost 1
      on record    7 conflicts, 5 of this run; 2 not recorded
      policies     undone 5, left 2, filtered 7; 3 keys to be put right

    Peers
      b (priority 1)  acknowledged 117
        in  up
        out down  127.0.0.1:7102 refused

    Received
      b/main/11ee  received 80, settled 79; 70 entries, 140 ops applied; 5 duplicates; lag 4 ms, clock -0.250 s
    "
  `);
});

test('the summary says which site holds back what is remembered, and whose clock is too far ahead', () => {
  const { window, origins } = sampleStatus();
  const text = (sinceUnixMs: number): string =>
    renderStatus(
      sampleStatus({
        window: { ...window, heldBy: { site: 'c', sinceUnixMs } },
        origins: [{ ...origins[0]!, quarantined: true }],
      }),
      1_003_000,
    );
  expect(text(943_000)).toContain('about 50.8 KiB; held back by c, for 60.0 s');
  expect(text(0)).toContain('held back by c, not heard of yet');
  expect(text(0)).toContain('clock -0.250 s; quarantined: its clock is too far ahead');
});
