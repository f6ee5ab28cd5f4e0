import { describe, expect, test } from 'vitest';
import { makeCertificates } from '../test-support/test-certificates.ts';
import { checkOptions } from './check-options.ts';
import { createDirectTransport, type DirectOptions, defaultLimits } from './index.ts';

const token = 'a token for the tests';
const valid: DirectOptions = {
  site: 'a',
  shard: 'one',
  deployment: 'test',
  priority: 1,
  entrySchema: { current: 1, oldest: 1 },
  listen: { host: '127.0.0.1', port: 7000 },
  peers: [{ site: 'b', host: 'localhost', port: 7001, priority: 2 }],
  security: { kind: 'plain' },
};
const remote = [{ site: 'b', host: '10.0.0.7', port: 7001 }];
const pem = makeCertificates();

describe('checkOptions', () => {
  test('takes what is right, and fills in the limits', () => {
    expect(checkOptions({ ...valid, limits: { windowBytes: 5 } })).toEqual({ ...defaultLimits, windowBytes: 5 });
  });

  test('lets plain links leave the machine only when asked to', () => {
    expect(() => createDirectTransport({ ...valid, peers: remote })).toThrow(/plain links are for loopback/);
    expect(() => createDirectTransport({ ...valid, listen: { host: '0.0.0.0', port: 1 } })).toThrow(/"0\.0\.0\.0"/);
    expect(() => createDirectTransport({ ...valid, listen: { host: '::', port: 1 } })).toThrow(/"::"/);
    expect(() => checkOptions({ ...valid, peers: [{ site: 'b', host: '127.evil.example', port: 1 }] })).toThrow();
    checkOptions({ ...valid, peers: [{ site: 'b', host: '::1', port: 1 }] });
    checkOptions({ ...valid, peers: remote, security: { kind: 'plain', allowRemote: true } });
    checkOptions({ ...valid, peers: remote, security: { kind: 'token-tls', token, ...pem } });
    checkOptions({ ...valid, peers: remote, security: { kind: 'tls', mutual: true, ...pem } });
  });

  test.each<readonly [Partial<DirectOptions>, RegExp]>([
    [{ site: 'Paris' }, /site: "Paris"/],
    [{ shard: 'a/b' }, /shard/],
    [{ deployment: '' }, /deployment/],
    [{ priority: 1.5 }, /priority/],
    [{ entrySchema: { current: 1, oldest: 2 } }, /entrySchema/],
    [{ peers: [{ site: 'a', host: 'localhost', port: 1 }] }, /"a" is this site itself/],
    [{ peers: [...valid.peers, ...valid.peers] }, /"b" is declared twice/],
    [{ peers: [{ site: 'b', host: 'localhost', port: 1, priority: 1 }] }, /priority 1 of "b" is taken/],
    [{ security: { kind: 'plain', token: 'short' } }, /at least 16/],
    [{ security: { kind: 'token-tls', token, ca: 'ca' } }, /cert and key/],
    [{ security: { kind: 'tls', mutual: true, ...pem, cert: 'no certificate' } }, /cannot be read/],
    [{ security: { kind: 'tls', mutual: true, ...pem, key: makeCertificates().key } }, /cannot be read/],
    [{ listen: { host: '127.0.0.1', port: 70_000 } }, /listen\.port/],
    [{ peers: [{ site: 'b', host: 'localhost', port: 0 }] }, /the port of "b"/],
    [{ limits: { windowBytes: 0 } }, /limits\.windowBytes/],
    [{ limits: { maxFrameBytes: 100 } }, /limits\.maxFrameBytes/],
  ])('refuses %o', (change, message) => {
    expect(() => checkOptions({ ...valid, ...change })).toThrow(message);
  });

  test('a refusal never holds the token', () => {
    try {
      checkOptions({ ...valid, security: { kind: 'plain', token: 'hunter2' } });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ name: 'DirectOptionsError', code: 'option', retriable: false });
      expect(String(error)).not.toContain('hunter2');
    }
  });
});
