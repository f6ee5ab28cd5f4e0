import { describe, expect, test } from 'vitest';
import { createRedactor, redactValue } from './redactor.ts';

describe('redactor', () => {
  test('takes out every secret, the longest first', () => {
    const redact = createRedactor(['abcd', 'abcdefgh', undefined]);
    expect(redact('x abcdefgh y abcd z')).toBe('x [redacted] y [redacted] z');
  });

  test('short values stay, so that ordinary text survives', () => {
    expect(createRedactor(['a', ''])('banana')).toBe('banana');
  });

  test('reaches into values, errors and their causes, and never breaks JSON', () => {
    const redact = createRedactor(['true', '1234', 'hunter2!']);
    const error = new Error('said hunter2!', { cause: new Error('and hunter2! again') });
    const text = JSON.stringify(redactValue({ ok: true, n: 1234, list: ['hunter2!'], error, big: 5n }, redact));
    expect(text).not.toContain('hunter2');
    expect(JSON.parse(text)).toMatchObject({ ok: true, n: 1234, list: ['[redacted]'], big: '5' });
  });

  test('a value that contains itself ends', () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(() => redactValue(loop, (text) => text)).not.toThrow();
  });
});
