import { LogError } from '@entwine/log-lmdb';
import { LinkError } from '@entwine/transport-direct';
import { describe, expect, test } from 'vitest';
import { serveHttp } from './http/serve-http.ts';
import { type RunOptions, runReplicator } from './run-replicator.ts';
import type { OpenShard, Shard, ShardHooks } from './shard.ts';
import { sampleConfig } from './testing/sample-config.ts';
import { sampleStatus } from './testing/sample-status.ts';

/** Runs with a shard made of the given parts; collects what is logged and where HTTP is served. */
function start(parts: Partial<Shard> & { open?: OpenShard } = {}, options: Partial<RunOptions> = {}) {
  const lines: string[] = [];
  const stop = new AbortController();
  const listening = Promise.withResolvers<string>();
  const opened = Promise.withResolvers<ShardHooks>();
  const shard: Shard = {
    start: async () => undefined,
    stop: async () => void lines.push('shard stopped'),
    status: () => sampleStatus(),
    conflicts: () => ({ records: [], next: 0 }),
    declareOut: () => undefined,
    ...parts,
  };
  const open: OpenShard = async (_, hooks) => {
    opened.resolve(hooks);
    return shard;
  };
  const outcome = runReplicator({
    config: sampleConfig(),
    log: (level, message) => void lines.push(`${level} ${message}`),
    signal: stop.signal,
    open: parts.open ?? open,
    onListening: listening.resolve,
    ...options,
  });
  return {
    outcome,
    lines,
    stop,
    hooks: opened.promise,
    base: listening.promise.then((address) => `http://${address}`),
  };
}

describe('a run', () => {
  test('ends as ok when stopped, after the shard has drained', async () => {
    const run = start();
    const base = await run.base;
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    run.stop.abort();
    expect(await run.outcome).toBe('ok');
    expect(run.lines).toContain('shard stopped');
    await expect(fetch(`${base}/livez`)).rejects.toThrow();
  });

  test('ends as ok when stopped before it began', async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await start({}, { signal: stop.signal }).outcome).toBe('ok');
  });

  test('a start that never ends does not hinder a stop', async () => {
    const run = start({ start: () => new Promise(() => undefined) });
    await run.hooks;
    run.stop.abort();
    expect(await run.outcome).toBe('ok');
  });

  test('a stop that hangs ends at the deadline; the process answers meanwhile', async () => {
    const run = start({ stop: () => new Promise(() => undefined) }, { stopDeadlineMs: 200 });
    const base = await run.base;
    run.stop.abort();
    expect(await (await fetch(`${base}/readyz`)).json()).toMatchObject({ state: 'stopping' });
    expect(await run.outcome).toBe('stopTimeout');
  });

  test('resync-required stays up, not ready, and is logged once', async () => {
    const run = start({ status: () => sampleStatus({ state: 'resync-required', reason: 'not empty' }) });
    (await run.hooks).onHalt('resync-required', 'not empty');
    const answer = await fetch(`${await run.base}/readyz`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { reason: 'not empty' }]);
    expect(run.lines.filter((line) => line.includes('stays up'))).toHaveLength(1);
    run.stop.abort();
    expect(await run.outcome).toBe('ok');
  });

  test.each(['superseded', 'failed'] as const)('%s ends the run with its own code', async (state) => {
    const run = start();
    (await run.hooks).onHalt(state, 'because');
    expect(await run.outcome).toBe(state);
    expect(run.lines).toEqual(expect.arrayContaining(['shard stopped']));
  });

  test('what the engine reports is logged', async () => {
    const run = start();
    (await run.hooks).onEvent({ level: 'warn', message: 'careful' });
    expect(run.lines).toContain('warn careful');
    run.stop.abort();
    await run.outcome;
  });
});

describe('a start that fails', () => {
  test.each([
    ['log', new LogError('in-use', 'the log folder is in use')],
    ['listen', new LinkError('listen', 'link.listen is in use')],
    ['unexpected', new Error('a bug')],
  ] as const)('opening: %s', async (outcome, error) => {
    const run = start({ open: () => Promise.reject(error) });
    expect(await run.outcome).toBe(outcome);
    expect(run.lines.some((line) => line.endsWith(error.message))).toBe(true);
  });

  test('starting: the shard is stopped, the reason logged once', async () => {
    const run = start({ start: () => Promise.reject(new LinkError('listen', 'link.listen is in use')) });
    expect(await run.outcome).toBe('listen');
    expect(run.lines.filter((line) => line.includes('in use'))).toHaveLength(1);
    expect(run.lines).toContain('shard stopped');
  });

  test('stopping: the error is the outcome, not a rejection', async () => {
    const run = start({ stop: () => Promise.reject(new LogError('full', 'the disk is full')) });
    await run.hooks;
    run.stop.abort();
    expect(await run.outcome).toBe('log');
  });

  test('the HTTP port is in use', async () => {
    const view = {
      site: 'x',
      shard: 'main',
      status: () => undefined,
      stopping: () => false,
      conflicts: () => undefined,
      declareOut: () => undefined,
    };
    const other = await serveHttp({ host: '127.0.0.1', port: 0 }, view, (text) => text);
    const config = sampleConfig({ http: { listen: other.address, allowRemote: false } });
    expect(await start({}, { config }).outcome).toBe('listen');
    await other.close();
  });
});
