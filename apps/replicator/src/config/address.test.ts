import { describe, expect, test } from 'vitest';
import { formatAddress, isLoopback, parseAddress } from './address.ts';

describe('parseAddress', () => {
  test.each(['127.0.0.1:7001', 'redis-1.internal:6379', '[::1]:7000', 'my_host:1', 'localhost:65535'])('%s', (text) => {
    const parsed = parseAddress(text);
    expect(parsed.ok && formatAddress(parsed.address)).toBe(text);
  });

  test.each([
    '',
    'host',
    'host:',
    ':7000',
    'host:0',
    'host:65536',
    'host:7000x',
    '::1',
    '::1:7000',
    '[::1]',
    '[nope]:1',
    '[127.0.0.1]:1',
    '256.0.0.1:1',
    '1.2.3:1',
    '-a:1',
    'a b:1',
    'redis://h:1',
    'h:1/0',
  ])('refuses %j with a remedy', (text) => {
    const parsed = parseAddress(text);
    expect(parsed).toMatchObject({ ok: false, remedy: expect.stringContaining('host:port') });
  });

  test('port 0 only where any port will do', () => {
    expect(parseAddress('127.0.0.1:0', true).ok).toBe(true);
  });

  test('what stands before an @ is not repeated', () => {
    expect(JSON.stringify(parseAddress('redis://user:hunter2@host:6379'))).not.toContain('hunter2');
    expect(JSON.stringify(parseAddress('user:hunter2@host:6379'))).not.toContain('hunter2');
  });

  test.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['localhost', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['10.0.0.1', false],
    ['127.example.com', false],
    ['::', false],
  ])('loopback %s: %s', (host, expected) => {
    expect(isLoopback({ host, port: 1 })).toBe(expected);
  });
});
