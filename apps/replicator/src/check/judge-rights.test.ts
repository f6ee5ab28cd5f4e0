import { aclLines, type Right, type ServerFacts } from '@entwine/redis';
import { describe, expect, test } from 'vitest';
import type { KeyspaceEventsMode } from '../config/config.ts';
import { sampleFacts } from '../testing/sample-facts.ts';
import { judgeRights } from './judge-rights.ts';

function without(rights: readonly Right[], changes: Partial<ServerFacts> = {}): ServerFacts {
  const facts = sampleFacts(changes);
  return { ...facts, rights: { ...facts.rights, ...Object.fromEntries(rights.map((right) => [right, false])) } };
}

const use = (keyspaceEvents: KeyspaceEventsMode, publish = false) => ({ keyspaceEvents, publish });

describe('judgeRights', () => {
  test('all there', () => {
    expect(judgeRights(sampleFacts(), 'me', use('set'))).toMatchObject({
      severity: 'ok',
      message: 'user me has what is needed',
      remedy: '',
    });
  });

  test('the default user is shown a better one, line by line', () => {
    const { severity, remedy } = judgeRights(sampleFacts(), undefined, use('set'));
    expect(severity).toBe('ok');
    expect(remedy).toContain(`${aclLines('entwine').capture}\n${aclLines('entwine').apply}`);
  });

  test('missing rights name the exact line of their group', () => {
    const lines = aclLines('me');
    const capture = judgeRights(without(['PSYNC', 'REPLCONF']), 'me', use('set'));
    expect(capture).toMatchObject({ severity: 'error', message: 'user me may not REPLCONF, PSYNC' });
    expect(capture.remedy).toContain(lines.capture);
    expect(capture.remedy).not.toContain(lines.apply);
    expect(judgeRights(without(['HSET']), 'me', use('set')).remedy).toContain(lines.apply);
  });

  test('the right to change settings is named only where it is used', () => {
    expect(judgeRights(without(['PSYNC']), 'me', use('set')).remedy).toContain('+config|set');
    expect(judgeRights(without(['PSYNC']), 'me', use('require')).remedy).not.toContain('+config|set');
  });

  test('the right to publish is needed, and named, only where messages are passed on', () => {
    expect(judgeRights(without(['PUBLISH']), 'me', use('set')).severity).toBe('ok');
    const finding = judgeRights(without(['PUBLISH']), 'me', use('set', true));
    expect(finding).toMatchObject({ severity: 'error', remedy: expect.stringContaining('+publish') });
    expect(judgeRights(without(['HSET']), 'me', use('set')).remedy).not.toContain('+publish');
  });

  test('how bad it is depends on the right and on the server', () => {
    expect(judgeRights(without(['PSUBSCRIBE']), 'me', use('require')).severity).toBe('warning');
    expect(judgeRights(without(['PSUBSCRIBE', 'CONFIG SET']), 'me', use('off')).severity).toBe('ok');
    expect(judgeRights(without(['CONFIG SET']), 'me', use('require')).severity).toBe('ok');
    expect(judgeRights(without(['CONFIG SET']), 'me', use('set')).severity).toBe('info');
    expect(judgeRights(without(['CONFIG SET'], { notifyKeyspaceEvents: 'K' }), 'me', use('set')).severity).toBe(
      'warning',
    );
    expect(judgeRights(without(['CONFIG GET']), 'me', use('set')).severity).toBe('warning');
    expect(judgeRights(without(['COMMAND']), 'me', use('set')).severity).toBe('info');
    expect(judgeRights(without(['EVALSHA']), 'me', use('set')).severity).toBe('error');
    expect(judgeRights(without(['EVALSHA'], { role: 'replica' }), 'me', use('set')).severity).toBe('warning');
  });
});
