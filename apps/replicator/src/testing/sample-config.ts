/**
 * A valid configuration that listens on a free port, for tests that put in their own shard.
 */
import type { Config } from '../config/config.ts';

/** Site `a` with one peer; fields given replace its own. */
export function sampleConfig(changes: Partial<Config> = {}): Config {
  return {
    file: '/nowhere/entwine.yaml',
    site: 'a',
    shard: 'main',
    priority: 2,
    deployment: 'test',
    secret: 'the secret of this test',
    redis: {
      endpoints: [{ host: '127.0.0.1', port: 1 }],
      password: 'the password',
      capture: 'auto',
      keyspaceEvents: 'set',
    },
    log: { path: '/nowhere/log' },
    link: {
      listen: { host: '127.0.0.1', port: 1 },
      security: { kind: 'plain', token: 'the token of this test', allowRemote: false },
    },
    peers: [{ site: 'b', priority: 1, address: { host: '127.0.0.1', port: 1 } }],
    eviction: 'local',
    publish: false,
    audit: { values: 'digest', maxValueBytes: 1024 },
    policies: [],
    filters: { out: [], in: [] },
    direction: 'both',
    http: { listen: { host: '127.0.0.1', port: 0 }, allowRemote: false },
    limits: {},
    logLevel: 'info',
    ...changes,
  };
}
