import { afterEach, expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { type HttpServer, serveHttp } from '../http/serve-http.ts';
import { sampleStatus } from '../testing/sample-status.ts';
import { textConsole } from '../testing/text-console.ts';
import { runCli } from './run-cli.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function declare(site: string, isReady = true) {
  const declared: string[] = [];
  const view = {
    ...{ site: 'a', shard: 'main', stopping: () => false, conflicts: () => undefined },
    status: () => (isReady ? sampleStatus() : undefined),
    declareOut: (out: string) => {
      declared.push(out);
      return out === 'b' ? undefined : `${out} is no peer of a: there are b, c`;
    },
  };
  const server = await serveHttp({ host: '127.0.0.1', port: 0 }, view, (text) => text);
  servers.push(server);
  const console = textConsole();
  const code = await runCli(['out', site, '--url', `http://127.0.0.1:${server.address.port}`], console);
  return { code, declared, ...console.written };
}

test('declares a site out', async () => {
  expect(await declare('b')).toEqual({
    ...{ code: exitCodes.ok, declared: ['b'], err: '' },
    out: 'b is declared out. "entwine status" tells whether that is in force, and for whom it waits.\n',
  });
});

test('a refusal is a usage error, in the words of the replicator', async () => {
  expect(await declare('x')).toMatchObject({
    ...{ code: exitCodes.usage, out: '' },
    err: 'entwine: x is no peer of a: there are b, c\n',
  });
});

test('a replicator that starts is not ready', async () => {
  expect(await declare('b', false)).toMatchObject({ code: exitCodes.notReady, declared: [] });
});

test('nobody there', async () => {
  const console = textConsole();
  expect(await runCli(['out', 'b', '--url', 'http://127.0.0.1:1'], console)).toBe(exitCodes.unreachable);
  expect(console.written.err).toMatch(/^entwine: http:\/\/127\.0\.0\.1:1 does not answer/);
});
