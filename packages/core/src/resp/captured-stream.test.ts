import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnitReader } from '../stream/unit-reader.ts';
import { argument, argumentCount, type Command } from './command.ts';
import { StreamDecoder } from './stream-decoder.ts';

/** Captured by `scripts/capture-stream.ts`. */
const versions = ['redis-7.0'];

interface Facts {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly commands: number;
}

function decode(bytes: Uint8Array, start: number, sizes: readonly number[]): Command[] {
  const decoder = new StreamDecoder(start, { maxInlineBytes: 0 });
  const commands: Command[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    decoder.push(bytes.slice(at, at + size));
    at += size;
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
      if ('code' in next) throw new Error(`${next.code} at ${next.offset}`);
      commands.push(next);
    }
  }
  expect(decoder.buffered).toBe(0);
  return commands;
}

const encode = (command: Command): Buffer =>
  Buffer.concat([
    Buffer.from(`*${argumentCount(command)}\r\n`),
    ...Array.from({ length: argumentCount(command) }, (_, i) => argument(command, i)).flatMap((arg) => [
      Buffer.from(`$${arg.length}\r\n`),
      arg,
      Buffer.from('\r\n'),
    ]),
  ]);

describe.each(versions)('the stream captured from %s', (version) => {
  const read = (suffix: string) => readFileSync(new URL(`fixtures/${version}.${suffix}`, import.meta.url));
  const facts = JSON.parse(read('json').toString()) as Facts;
  const stream = Uint8Array.from(read('stream'));
  const whole = decode(stream, facts.startOffset, [stream.length]);

  it('decodes whole, up to the offset that the master reported', () => {
    expect(whole).toHaveLength(facts.commands);
    expect(whole[0]!.start).toBe(facts.startOffset);
    expect(whole.at(-1)!.end).toBe(facts.endOffset);
    for (const [i, command] of whole.entries()) if (i > 0) expect(command.start).toBe(whole[i - 1]!.end);
  });

  it('comes out again byte for byte when the arguments are encoded', () => {
    expect(Buffer.concat(whole.map(encode)).equals(stream)).toBe(true);
  });

  it('decodes alike in any chunks', { timeout: 30_000 }, () => {
    const summary = (commands: readonly Command[]) => commands.map(({ name, start, end }) => `${name} ${start} ${end}`);
    const expected = summary(whole);
    const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(sizes, (some) => {
        const commands = decode(stream, facts.startOffset, some);
        expect(summary(commands)).toEqual(expected);
        expect(Buffer.concat(commands.map(encode)).equals(stream)).toBe(true);
      }),
      { numRuns: 30, examples: [[[1]], [[2]], [[3, 7]]] },
    );
  });

  it('falls into units that end where the master stands', () => {
    const reader = new UnitReader({ offset: facts.startOffset, db: -1 });
    let data = 0;
    let transactions = 0;
    const dbs = new Set<number>();
    for (const command of whole) {
      const event = reader.push(command);
      if (event?.type === 'failure') throw new Error(`${event.code} at ${event.offset}`);
      if (event?.type !== 'unit') continue;
      data += event.unit.commands.length;
      if (event.unit.transaction) transactions++;
      for (const { db } of event.unit.commands) dbs.add(db);
    }
    const control = new Set(['SELECT', 'MULTI', 'EXEC', 'PING', 'REPLCONF']);
    expect(data).toBe(whole.filter(({ name }) => !control.has(name)).length);
    expect(transactions).toBe(whole.filter(({ name }) => name === 'EXEC').length);
    expect(transactions).toBeGreaterThan(5);
    expect(dbs.size).toBeGreaterThan(10);
    expect(reader.position.offset).toBe(facts.endOffset);
  });
});
