import { describe, expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { createRedactor } from './redactor.ts';

function logging(level: 'debug' | 'info' | 'silent') {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({
    level,
    redact: createRedactor(['hunter2']),
    base: { site: 'a' },
    stream: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  return { log, lines };
}

describe('logger', () => {
  test('a line holds level, ISO time, base, fields and message', () => {
    const { log, lines } = logging('info');
    log('warn', 'careful', { count: 2 });
    expect(lines).toEqual([
      { level: 'warn', time: expect.stringMatching(/^\d{4}-.*Z$/), site: 'a', count: 2, msg: 'careful' },
    ]);
  });

  test('what is below the level is not written', () => {
    const { log, lines } = logging('info');
    log('debug', 'no');
    logging('silent').log('fatal', 'no');
    expect(lines).toEqual([]);
  });

  test('secrets are taken out of messages, fields and errors', () => {
    const { log, lines } = logging('info');
    log('error', 'hunter2', { text: 'x hunter2 y', error: new Error('hunter2') });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  test('a field cannot pass for one of the logger', () => {
    const { log, lines } = logging('info');
    log('info', 'real', { msg: 'forged', site: 'z', level: 'fatal' });
    expect(lines[0]).toMatchObject({ msg: 'real', site: 'a', level: 'info', fields: { msg: 'forged', site: 'z' } });
  });
});
