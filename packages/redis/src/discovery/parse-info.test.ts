import { expect, it } from 'vitest';
import { parseInfo } from './parse-info.ts';

const master = [
  '# Server',
  'redis_version:7.2.4',
  'valkey_version:9.1.2',
  'run_id:abc',
  '# Replication',
  'role:master',
  'slave0:ip=127.0.0.1,port=7001,state=online,offset=500,lag=0',
  'slave1:ip=127.0.0.1,port=-1,state=online,offset=500,lag=0',
  'slave2:ip=,port=7002,state=online,offset=500,lag=0',
  'slave3:ip=10.0.0.1,port=65536,state=online,offset=500,lag=0',
  'slave4:ip=10.0.0.1,port=0,state=wait_bgsave,offset=0,lag=0',
  'slave5:ip=fe80::1,port=7005,state=online,offset=499,lag=1,type=replica',
  'master_replid:1111',
  'master_replid2:0000',
  'master_repl_offset:512',
  'second_repl_offset:-1',
  'repl_backlog_active:1',
  'repl_backlog_first_byte_offset:13',
  'repl_backlog_histlen:500',
].join('\r\n');

it('reads a master and leaves unusable replicas out', () => {
  expect(parseInfo(master)).toEqual({
    runId: 'abc',
    product: 'valkey',
    version: '9.1.2',
    role: 'master',
    loading: false,
    replicationId: '1111',
    replicationId2: '0000',
    secondOffset: -1,
    offset: 512,
    backlog: { first: 13, length: 500 },
    master: undefined,
    masterLinkUp: false,
    replicas: [
      { host: '127.0.0.1', port: 7001, state: 'online', offset: 500 },
      { host: 'fe80::1', port: 7005, state: 'online', offset: 499 },
    ],
  });
});

it('reads a replica', () => {
  const info = parseInfo(
    'role:slave\r\nmaster_host:redis-1\r\nmaster_port:6379\r\nmaster_link_status:up\r\nredis_version:7.0.15\r\n',
  );
  expect(info).toMatchObject({
    product: 'redis',
    version: '7.0.15',
    role: 'replica',
    master: { host: 'redis-1', port: 6379 },
    masterLinkUp: true,
    backlog: undefined,
  });
});
