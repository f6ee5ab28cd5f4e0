import { aclLines, type Right, type ServerFacts } from '@entwine/redis';
import { describe, expect, test } from 'vitest';
import { sampleFacts } from '../testing/sample-facts.ts';
import { judgeRights } from './judge-rights.ts';

function without(rights: readonly Right[], changes: Partial<ServerFacts> = {}): ServerFacts {
  const facts = sampleFacts(changes);
  return { ...facts, rights: { ...facts.rights, ...Object.fromEntries(rights.map((right) => [right, false])) } };
}

describe('judgeRights', () => {
  test('all there', () => {
    expect(judgeRights(sampleFacts(), 'me')).toMatchObject({
      severity: 'ok',
      message: 'user me has what is needed',
      remedy: '',
    });
  });

  test('the default user is shown a better one, line by line', () => {
    const { severity, remedy } = judgeRights(sampleFacts(), undefined);
    expect(severity).toBe('ok');
    expect(remedy).toContain(`${aclLines('entwine').capture}\n${aclLines('entwine').apply}`);
  });

  test('missing rights name the exact line of their group', () => {
    const lines = aclLines('me');
    const capture = judgeRights(without(['PSYNC', 'REPLCONF']), 'me');
    expect(capture).toMatchObject({ severity: 'error', message: 'user me may not REPLCONF, PSYNC' });
    expect(capture.remedy).toContain(lines.capture);
    expect(capture.remedy).not.toContain(lines.apply);
    expect(judgeRights(without(['HSET']), 'me').remedy).toContain(lines.apply);
  });

  test('how bad it is depends on the right and on the server', () => {
    expect(judgeRights(without(['SUBSCRIBE']), 'me').severity).toBe('info');
    expect(judgeRights(without(['SUBSCRIBE', 'CONFIG GET']), 'me').severity).toBe('warning');
    expect(judgeRights(without(['EVALSHA']), 'me').severity).toBe('error');
    expect(judgeRights(without(['EVALSHA'], { role: 'replica' }), 'me').severity).toBe('warning');
  });
});
