import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandName } from './command-name.ts';

const nameOf = (text: string): string => {
  const bytes = Uint8Array.from(Buffer.from(`<${text}>`, 'latin1'));
  return commandName(bytes, 1, bytes.length - 1);
};

describe('commandName', () => {
  it('changes the case of ASCII letters and nothing else', () => {
    const text = fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
    fc.assert(
      fc.property(text, (name) => {
        expect(nameOf(name)).toBe(name.replace(/[a-z]/g, (letter) => letter.toUpperCase()));
      }),
    );
  });

  it('knows names in any case', () => {
    for (const name of ['SET', 'PEXPIREAT', 'GEORADIUSBYMEMBER', 'RESTORE-ASKING', 'JSON.SET', 'ZREMRANGEBYSCORE'])
      for (const spelt of [name, name.toLowerCase(), name[0] + name.slice(1).toLowerCase()])
        expect(nameOf(spelt)).toBe(name);
  });

  it('does not take look-alikes for known names', () => {
    // These differ from SET and RESTORE-ASKING only in the bit that tells the cases of a letter apart.
    expect(nameOf('S\x05T')).toBe('S\x05T');
    expect(nameOf('RESTORE\rASKING')).toBe('RESTORE\rASKING');
    expect(nameOf('')).toBe('');
  });
});
