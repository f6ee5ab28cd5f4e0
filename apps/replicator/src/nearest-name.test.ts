import { describe, expect, test } from 'vitest';
import { nearestName, suggestName } from './nearest-name.ts';

describe('nearestName', () => {
  test.each([
    ['endpoint', ['endpoints', 'apply'], 'endpoints'],
    ['sceret', ['site', 'secret'], 'secret'],
    ['LOGLEVEL', ['log', 'logLevel'], 'logLevel'],
    ['heartbeat', ['heartbeatMs', 'maxBatchOps'], 'heartbeatMs'],
    ['zzzzzz', ['site', 'shard'], undefined],
    ['x', ['a', 'b'], undefined],
    ['anything', [], undefined],
  ])('%s', (name, known, expected) => {
    expect(nearestName(name, known)).toBe(expected);
  });

  test('what is near is asked about, else all is listed', () => {
    expect(suggestName('stie', ['site', 'shard'])).toBe('Did you mean "site"?');
    expect(suggestName('zzzzzz', ['site', 'shard'])).toBe('Known: site, shard.');
  });
});
