import type { ShardStatus } from '@entwine/engine';
import { afterEach, describe, expect, test } from 'vitest';
import { createRedactor } from '../redactor.ts';
import { sampleStatus } from '../testing/sample-status.ts';
import { type HttpServer, serveHttp } from './serve-http.ts';

const loopback = { host: '127.0.0.1', port: 0 };
const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(status: ShardStatus | undefined, stopping = false): Promise<string> {
  const view = {
    ...{ site: 'a', shard: 'main', status: () => status, stopping: () => stopping, conflicts: () => undefined },
    declareOut: (site: string) => (site === 'b' ? undefined : `${site} is no peer`),
  };
  const server = await serveHttp(loopback, view, createRedactor(['hunter2']));
  servers.push(server);
  return `http://127.0.0.1:${server.address.port}`;
}

describe('POST /out', () => {
  const post = async (path: string, init: RequestInit = {}, status: ShardStatus | undefined = sampleStatus()) => {
    const answer = await fetch(`${await serve(status)}${path}`, { method: 'POST', ...init });
    return [answer.status, await answer.json()];
  };

  test('declares a site out, or says why not', async () => {
    expect(await post('/out?site=b')).toEqual([200, { out: 'b' }]);
    expect(await post('/out?site=x')).toEqual([409, { error: 'x is no peer' }]);
    expect(await post('/out')).toEqual([400, { error: 'name a site: /out?site=SITE' }]);
  });

  test('nothing else asks for it: no other method, and no page of a browser', async () => {
    expect(await post('/out?site=b', { method: 'GET' })).toEqual([405, { error: 'only POST on /out' }]);
    const elsewhere = { error: 'a site is declared out from the machine of the replicator alone, and by no browser' };
    expect(await post('/out?site=b', { headers: { origin: 'http://example.org' } })).toEqual([403, elsewhere]);
  });

  test('is not there while the log is being opened', async () => {
    const answer = await fetch(`${await serve(undefined)}/out?site=b`, { method: 'POST' });
    expect([answer.status, await answer.json()]).toEqual([503, { error: 'the log is being opened' }]);
  });
});

describe('the routes', () => {
  test('/livez is 200 whatever the state', async () => {
    for (const status of [undefined, sampleStatus({ state: 'failed' })]) {
      expect((await fetch(`${await serve(status)}/livez`)).status).toBe(200);
    }
  });

  test('/readyz is 200 only when running', async () => {
    const answer = await fetch(`${await serve(sampleStatus())}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([200, { ready: true, state: 'running' }]);
  });

  test.each(['starting', 'resync-required', 'superseded', 'failed', 'stopped'] as const)(
    '/readyz when %s',
    async (state) => {
      const answer = await fetch(`${await serve(sampleStatus({ state, reason: 'because' }))}/readyz`);
      expect([answer.status, await answer.json()]).toEqual([
        503,
        {
          ready: false,
          state,
          reason: 'because',
          alarms: [{ name: 'source-detached', message: 'the connection ended' }],
        },
      ]);
    },
  );

  test('/readyz takes an alarm for the reason when there is no other', async () => {
    const answer = await fetch(`${await serve(sampleStatus({ state: 'starting' }))}/readyz`);
    expect(await answer.json()).toMatchObject({ reason: 'the connection ended' });
  });

  test('/readyz while the log is being opened, and while stopping', async () => {
    const opening = await fetch(`${await serve(undefined)}/readyz`);
    expect([opening.status, await opening.json()]).toMatchObject([503, { state: 'starting' }]);
    const stopping = await fetch(`${await serve(sampleStatus(), true)}/readyz`);
    expect([stopping.status, await stopping.json()]).toMatchObject([503, { state: 'stopping' }]);
  });

  test('/status is the status, secrets taken out', async () => {
    const answer = await fetch(`${await serve(sampleStatus({ reason: 'said hunter2' }))}/status`);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(await answer.json()).toEqual(sampleStatus({ reason: 'said [redacted]' }));
    expect((await fetch(`${await serve(undefined)}/status`)).status).toBe(503);
  });

  test('/metrics is text for Prometheus', async () => {
    const answer = await fetch(`${await serve(sampleStatus())}/metrics`);
    expect(answer.headers.get('content-type')).toContain('version=0.0.4');
    expect(await answer.text()).toContain('entwine_captured_units_total 100');
  });

  test('anything else is refused; HEAD has no body', async () => {
    const base = await serve(sampleStatus());
    expect((await fetch(`${base}/`)).status).toBe(404);
    expect((await fetch(`${base}/toString`)).status).toBe(404);
    const post = await fetch(`${base}/status`, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const head = await fetch(`${base}/status?x=1`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

describe('listening', () => {
  test('a port in use is named with its remedy', async () => {
    const base = await serve(sampleStatus());
    const port = Number(new URL(base).port);
    const view = {
      site: 'a',
      shard: 'main',
      status: () => undefined,
      stopping: () => false,
      conflicts: () => undefined,
      declareOut: () => undefined,
    };
    await expect(serveHttp({ host: '127.0.0.1', port }, view, (text) => text)).rejects.toThrow(
      `http.listen 127.0.0.1:${port} is in use; stop the program that listens there`,
    );
  });

  test('closing does not wait for idle connections', async () => {
    const base = await serve(sampleStatus());
    await (await fetch(`${base}/livez`)).text();
    const started = performance.now();
    for (const server of servers.splice(0)) await server.close();
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
