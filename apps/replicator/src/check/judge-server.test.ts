import type { ServerFacts } from '@entwine/redis';
import { describe, expect, test } from 'vitest';
import { sampleFacts } from '../testing/sample-facts.ts';
import { judgeServer, type ServerRole } from './judge-server.ts';

const capturedReplica: ServerRole = { captured: true, hasReplica: true, keyspaceEvents: 'set' };

/** The finding of one name, as `severity: message [-> remedy]`. */
function judged(name: string, changes: Partial<ServerFacts>, role: Partial<ServerRole> = {}): string | undefined {
  const found = judgeServer(sampleFacts(changes), { ...capturedReplica, ...role }).find((one) => one.name === name);
  return found && `${found.severity}: ${found.message}${found.remedy === '' ? '' : ` -> ${found.remedy}`}`;
}

describe('judgeServer', () => {
  test('a well-kept server has nothing to be told', () => {
    const findings = judgeServer(sampleFacts(), capturedReplica);
    expect(findings.every((one) => one.severity === 'ok' && one.subject === 'redis 127.0.0.1:7001')).toBe(true);
    expect(findings.map((one) => one.name)).toEqual([
      'version',
      'role',
      'replicas',
      'backlog',
      'largest-write',
      'maxmemory',
      'keyspace-events',
    ]);
  });

  test.each<[string, Partial<ServerFacts>, string]>([
    ['6.2', { version: '6.2.14' }, 'warning: redis 6.2.14 is older than what was tried (redis 7.0 to 8.6)'],
    ['newer', { version: '8.10.0' }, 'info: redis 8.10.0 is newer'],
    ['the newest', { version: '8.6.3' }, 'ok: redis 8.6.3'],
    ['valkey', { product: 'valkey', version: '9.1.2' }, 'ok: valkey 9.1.2'],
    ['old valkey', { product: 'valkey', version: '8.0.1' }, 'warning: valkey 8.0.1 is older'],
  ])('version: %s', (_, facts, expected) => {
    expect(judged('version', facts)).toContain(expected);
  });

  test('role', () => {
    const replica = { role: 'replica', master: { host: 'h', port: 1 }, masterLinkUp: true, replicas: [] } as const;
    expect(judged('role', replica)).toBe('ok: replica of h:1; capture attaches here');
    expect(judged('role', { ...replica, masterLinkUp: false })).toContain(
      'warning: replica of h:1, the link to it is down',
    );
    expect(judged('role', { loading: true })).toContain('warning: master, loading');
    expect(judged('cluster', { clusterEnabled: true })).toContain('error: runs in cluster mode');
  });

  test('a master without replicas', () => {
    expect(judged('replicas', { replicas: [] })).toContain('warning: none, so capture reads from the master');
    expect(judged('replicas', { replicas: [] }, { captured: false })).toBe('info: none');
    expect(judged('backlog-ttl', { replBacklogTtl: 3600 }, { hasReplica: false })).toContain(
      '-> CONFIG SET repl-backlog-ttl 0',
    );
    expect(judged('backlog-ttl', { replBacklogTtl: 0 }, { hasReplica: false })).toBeUndefined();
    expect(judged('min-replicas', { minReplicasToWrite: 1 })).toContain('warning: min-replicas-to-write 1 would count');
    expect(judged('min-replicas', { minReplicasToWrite: 1 }, { captured: false })).toContain('ok: ');
  });

  test.each<[string, Partial<ServerFacts>, string]>([
    ['the default', { backlogSize: 2 ** 20 }, 'info: after a value or transaction above 256.0 MiB the server hangs up'],
    ['a larger backlog', { backlogSize: 2 ** 29 }, 'info: after a value or transaction above 512.0 MiB the server'],
    ['a backlog that is large enough', { backlogSize: 2 ** 30 }, 'ok: the largest values reach us whole'],
    ['a larger limit', { backlogSize: 1, outputBufferLimit: 'replica 1073741824 1 1' }, 'ok: '],
    ['no limit', { backlogSize: 1, outputBufferLimit: 'normal 1 1 1 slave 0 0 0' }, 'ok: '],
    ['unknown', { outputBufferLimit: undefined }, 'info: client-output-buffer-limit is unknown'],
  ])('largest write: %s', (_, facts, expected) => {
    expect(judged('largest-write', facts)).toContain(expected);
  });

  test.each<[string, Partial<ServerFacts>, string]>([
    [
      'long enough',
      { backlogSize: 2 ** 30, writeRate: 1e6 },
      'ok: 1.0 GiB covers 18 min at the 976.6 KiB/s written now',
    ],
    ['some minutes', { backlogSize: 2 ** 28, writeRate: 1e6 }, 'info: 256.0 MiB covers 4 min'],
    [
      'seconds',
      { backlogSize: 2 ** 20, writeRate: 1e6 },
      'warning: 1.0 MiB covers 1.0 s at the 976.6 KiB/s written now; an outage of the replicator longer than that ends in ' +
        'resync-required -> CONFIG SET repl-backlog-size 600000000,',
    ],
    [
      'silence',
      { backlogSize: 2 ** 20, writeRate: 0 },
      'info: 1.0 MiB; nothing is written now; at 1 MiB/s it covers 1.0 s',
    ],
    ['never counted', { backlogSize: 2 ** 27, writeRate: undefined }, 'ok: 128.0 MiB; the write rate shows once'],
    ['unknown', { backlogSize: undefined }, 'warning: its size is unknown'],
  ])('backlog: %s', (_, facts, expected) => {
    expect(judged('backlog', facts)).toContain(expected);
  });

  test('eviction', () => {
    expect(judged('maxmemory', { maxmemoryPolicy: 'allkeys-lru', maxmemory: 1024 })).toContain(
      'warning: allkeys-lru, limit 1.0 KiB',
    );
    expect(judged('maxmemory', { maxmemoryPolicy: 'allkeys-lru', maxmemory: 0 })).toContain(
      'info: allkeys-lru, but no limit',
    );
    expect(judged('maxmemory', { maxmemoryPolicy: undefined })).toContain('info: its eviction policy is unknown');
  });

  test.each([
    ['', 'info', 'CONFIG SET notify-keyspace-events Exe,'],
    ['Kg', 'info', 'CONFIG SET notify-keyspace-events KgExe,'],
    ['KEA', 'ok', ''],
    ['KA', 'info', 'CONFIG SET notify-keyspace-events KAE,'],
  ])('keyspace events "%s"', (flags, severity, remedy) => {
    const text = judged('keyspace-events', { notifyKeyspaceEvents: flags });
    expect(text).toMatch(new RegExp(`^${severity}: `));
    expect(text).toContain(remedy);
  });

  test('keyspace events that may not be set, cannot be read, or are not used', () => {
    const none = { notifyKeyspaceEvents: '' };
    expect(judged('keyspace-events', none, { keyspaceEvents: 'require' })).toMatch(/^warning: /);
    expect(judged('keyspace-events', { ...none, role: 'replica' }, { keyspaceEvents: 'require' })).toMatch(/^info: /);
    expect(judged('keyspace-events', { notifyKeyspaceEvents: undefined })).toMatch(/^warning: .*unknown/);
    expect(judged('keyspace-events', none, { keyspaceEvents: 'off' })).toMatch(/^info: not used/);
  });
});
