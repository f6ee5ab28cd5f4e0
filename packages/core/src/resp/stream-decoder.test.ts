import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argument, argumentCount, argumentText, type Command } from './command.ts';
import type { DecodeFailure, DecodeFailureCode } from './decode-failure.ts';
import { type DecodeLimits, defaultDecodeLimits } from './decode-limits.ts';
import { StreamDecoder } from './stream-decoder.ts';

type Outcome =
  | { readonly name: string; readonly args: readonly string[]; readonly start: number; readonly end: number }
  | { readonly code: DecodeFailureCode; readonly offset: number };

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const resp = (...args: string[]): string =>
  `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;

function describeResult(result: Command | DecodeFailure): Outcome {
  if ('code' in result) return { code: result.code, offset: result.offset };
  const args = Array.from({ length: argumentCount(result) }, (_, i) => argumentText(result, i));
  return { name: result.name, args, start: result.start, end: result.end };
}

/** Decodes chunk by chunk; checks `offset` and `buffered` on the way. */
function decode(chunks: readonly Uint8Array[], offset = 0, limits: Partial<DecodeLimits> = {}): Outcome[] {
  const decoder = new StreamDecoder(offset, limits);
  const outcomes: Outcome[] = [];
  let pushed = offset;
  for (const chunk of chunks) {
    decoder.push(chunk);
    pushed += chunk.length;
    for (let result = decoder.next(); result !== undefined; result = decoder.next()) {
      outcomes.push(describeResult(result));
      if ('code' in result) return outcomes;
      expect(decoder.offset).toBe(result.end);
      expect(decoder.buffered).toBe(pushed - result.end);
    }
  }
  return outcomes;
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? bytes.length : sizes[i % sizes.length]!;
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
}

/** The slow, obvious decoder: one byte after the other, a string per argument. */
function oracle(bytes: Uint8Array, offset: number, limits: DecodeLimits): Outcome[] {
  const outcomes: Outcome[] = [];
  let at = 0;
  const take = (): string => {
    if (at === bytes.length) throw 'need more';
    return String.fromCharCode(bytes[at++]!);
  };
  const fail = (code: DecodeFailureCode, position = at - 1): never => {
    throw { code, offset: offset + position };
  };
  const expectByte = (byte: string): void => {
    if (take() !== byte) fail('bad-terminator');
  };
  const number = (limit: number, beyond: DecodeFailureCode): number => {
    for (let digits = ''; ; ) {
      const byte = take();
      if (byte === '\r' && digits !== '') {
        expectByte('\n');
        return Number(digits);
      }
      if (!/[0-9]/.test(byte) || digits === '0') fail('bad-length');
      digits += byte;
      if (Number(digits) > limit) fail(beyond);
    }
  };
  const multibulk = (start: number): string[] => {
    const args: string[] = [];
    const negative = take() === '-';
    if (negative && take() === '0') fail('bad-length');
    at--;
    const count = number(limits.maxArguments, 'too-many');
    while (!negative && args.length < count) {
      const argumentAt = at;
      if (take() !== '$') fail('bad-type');
      const length = number(limits.maxArgumentBytes, 'too-long');
      if (at + length + 2 - start > limits.maxCommandBytes) fail('command-too-long', argumentAt);
      let arg = '';
      for (let i = 0; i < length; i++) arg += take();
      expectByte('\r');
      expectByte('\n');
      args.push(arg);
    }
    return args;
  };
  const inline = (): string[] => {
    for (let line = ''; ; ) {
      const byte = take();
      if (byte === '\n') return line.trim().split(/[\t ]+/);
      if (line.length >= limits.maxInlineBytes) fail('inline-too-long');
      if (line.endsWith('\r')) fail('bad-terminator');
      if (!/[\t\r !#-&(-~]/.test(byte)) fail('bad-inline');
      line += byte;
    }
  };
  try {
    for (;;) {
      const start = at;
      const first = take();
      let args: string[] = [];
      if (first === '*') args = multibulk(start);
      else if (first === '\r') expectByte('\n');
      else if (/[A-Za-z]/.test(first)) {
        at--;
        args = inline();
      } else if (first !== '\n') fail('bad-type');
      const name = args[0]?.replace(/[a-z]/g, (letter) => letter.toUpperCase());
      if (name !== undefined) outcomes.push({ name, args, start: offset + start, end: offset + at });
    }
  } catch (thrown) {
    if (thrown !== 'need more') outcomes.push(thrown as Outcome);
  }
  return outcomes;
}

const anyArgument = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 12 }) },
  {
    weight: 2,
    arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  },
  { weight: 1, arbitrary: fc.constantFrom('', '\r\n', '*1\r\n$4\r\nPING\r\n', '\0', 'x'.repeat(3000)) },
);
const anyName = fc.oneof(
  fc.constantFrom('SET', 'set', 'Del', 'MULTI', 'exec', 'ping', 'json.set', 'my.command', 'RESTORE-ASKING'),
  anyArgument,
);
const anyItem = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(anyName, fc.array(anyArgument, { maxLength: 6 })).map(([n, a]) => resp(n, ...a)) },
  { weight: 1, arbitrary: fc.array(anyArgument, { minLength: 60, maxLength: 80 }).map((a) => resp('DEL', ...a)) },
  { weight: 2, arbitrary: fc.constantFrom('\n', '\r\n', '*0\r\n', '*-1\r\n', '*-12\r\n', 'PING\r\n', 'ping\n') },
  { weight: 1, arbitrary: fc.constantFrom('SET  a\tb \r\n', 'x\n', 'Select 3\r\n') },
);
const anyStream = fc.array(anyItem, { maxLength: 12 }).map((items) => bytesOf(items.join('')));
const anySizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 400 })), {
  minLength: 1,
  maxLength: 20,
});
const anyOffset = fc.constantFrom(0, 1, 2 ** 31 - 20, 2 ** 40);

describe('StreamDecoder against the oracle', () => {
  it('reads any stream alike, whole, byte by byte and in any chunks', () => {
    fc.assert(
      fc.property(anyStream, anySizes, anyOffset, (stream, sizes, offset) => {
        const expected = oracle(stream, offset, defaultDecodeLimits);
        expect(decode([stream], offset)).toEqual(expected);
        expect(decode(cut(stream, [1]), offset)).toEqual(expected);
        expect(decode(cut(stream, sizes), offset)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('reads the same when all chunks are pushed before the first command is asked for', () => {
    fc.assert(
      fc.property(anyStream, anySizes, (stream, sizes) => {
        const decoder = new StreamDecoder(0);
        for (const chunk of cut(stream, sizes)) decoder.push(chunk);
        const outcomes: Outcome[] = [];
        for (let result = decoder.next(); result !== undefined; result = decoder.next())
          outcomes.push(describeResult(result));
        expect(outcomes).toEqual(oracle(stream, 0, defaultDecodeLimits));
      }),
    );
  });

  it('gives what is whole before trailing bytes, and the rest when it comes', () => {
    fc.assert(
      fc.property(anyStream, fc.nat(), (stream, at) => {
        const head = stream.slice(0, at % (stream.length + 1));
        expect(decode([head])).toEqual(oracle(head, 0, defaultDecodeLimits));
        expect(decode([head, stream.slice(head.length)])).toEqual(oracle(stream, 0, defaultDecodeLimits));
      }),
    );
  });

  it('fails alike on damaged streams and under tight limits, at the same byte', () => {
    const tight = fc.record({
      maxArguments: fc.constantFrom(2, 5, 1000),
      maxArgumentBytes: fc.constantFrom(9, 10, 1000),
      maxInlineBytes: fc.constantFrom(0, 4, 1000),
      maxCommandBytes: fc.constantFrom(20, 50, 100_000),
    });
    const damage = fc.record({
      at: fc.nat(),
      remove: fc.nat({ max: 2 }),
      insert: fc.constantFrom('', '\r', '\n', '-', '0', '9', '*', '$', 'a', '"', '\0', '\xff'),
    });
    fc.assert(
      fc.property(anyStream, damage, tight, anySizes, (stream, { at, remove, insert }, limits, sizes) => {
        const text = Buffer.from(stream).toString('latin1');
        const place = at % (text.length + 1);
        const damaged = bytesOf(text.slice(0, place) + insert + text.slice(place + remove));
        const expected = oracle(damaged, 7, limits);
        expect(decode([damaged], 7, limits)).toEqual(expected);
        expect(decode(cut(damaged, [1]), 7, limits)).toEqual(expected);
        expect(decode(cut(damaged, sizes), 7, limits)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('StreamDecoder', () => {
  it('counts newlines and empty commands in the offsets and yields nothing for them', () => {
    expect(decode([bytesOf(`\n\r\n*0\r\n*-1\r\n${resp('PING')}`)], 100)).toEqual([
      { name: 'PING', args: ['PING'], start: 112, end: 126 },
    ]);
  });

  it('gives upper-case names, the same object for known ones, and leaves the argument as sent', () => {
    const decoder = new StreamDecoder(0);
    decoder.push(bytesOf(resp('pexpireat', 'k', '1') + resp('My.Own\xe4', 'k')));
    const known = decoder.next() as Command;
    expect([known.name, argumentText(known, 0)]).toEqual(['PEXPIREAT', 'pexpireat']);
    const unknown = decoder.next() as Command;
    expect([unknown.name, argumentText(unknown, 0)]).toEqual(['MY.OWN\xe4', 'My.Own\xe4']);
  });

  it('does not copy what lies in one chunk, also after a command that straddled two', () => {
    const bytes = bytesOf(resp('SET', 'a', '1') + resp('SET', 'b', '2') + resp('SET', 'c', '3'));
    const third = bytes.length / 3;
    const chunks = [bytes.slice(0, third + 5), bytes.slice(third + 5)];
    const decoder = new StreamDecoder(0);
    decoder.push(chunks[0]!);
    const a = decoder.next() as Command;
    expect(decoder.next()).toBeUndefined();
    decoder.push(chunks[1]!);
    const b = decoder.next() as Command;
    const c = decoder.next() as Command;
    expect(argument(a, 1).buffer).toBe(chunks[0]!.buffer);
    expect(argument(b, 1).buffer).not.toBe(chunks[1]!.buffer);
    expect(argument(c, 1).buffer).toBe(chunks[1]!.buffer);
    expect([a, b, c].map((command) => argumentText(command, 2))).toEqual(['1', '2', '3']);
  });

  it('keeps earlier commands as they were', () => {
    const bytes = bytesOf(Array.from({ length: 50 }, (_, i) => resp('SET', `k${i}`, 'v'.repeat(i))).join(''));
    const decoder = new StreamDecoder(0);
    const commands: Command[] = [];
    for (const chunk of cut(bytes, [11, 3, 40])) {
      decoder.push(chunk);
      for (let next = decoder.next(); next !== undefined; next = decoder.next()) commands.push(next as Command);
    }
    expect(commands.map((command) => argumentText(command, 2).length)).toEqual(commands.map((_, i) => i));
    expect(commands).toHaveLength(50);
  });

  it('refuses an argument that is not there', () => {
    const decoder = new StreamDecoder(0);
    decoder.push(bytesOf(resp('PING')));
    const ping = decoder.next() as Command;
    expect(() => argument(ping, 1)).toThrow(RangeError);
    expect(() => argumentText(ping, 1)).toThrow(RangeError);
  });

  it('reads a large value in many chunks in linear time', { timeout: 10_000 }, () => {
    const value = 'v'.repeat(32 * 1024 * 1024);
    const outcomes = decode(cut(bytesOf(`${resp('SET', 'k', value)}\n`), [1000]));
    expect(outcomes).toHaveLength(1);
    expect('args' in outcomes[0]! && outcomes[0].args[2] === value).toBe(true);
  });

  it('reads many arguments in small chunks, and a long inline byte by byte, in linear time', {
    timeout: 10_000,
  }, () => {
    const args = Array.from({ length: 100_000 }, (_, i) => `m${i}`);
    expect(decode(cut(bytesOf(resp('SADD', ...args)), [50]))).toMatchObject([{ args: ['SADD', ...args] }]);
    const inline = `ECHO ${'x'.repeat(65_000)}`;
    expect(decode(cut(bytesOf(`${inline}\r\n`), [1]))).toMatchObject([{ args: inline.split(' ') }]);
  });
});
