/** Trimming by whole nodes, and what is propagated for it. */
import { expect, it } from 'vitest';
import type { StreamValue } from '../values.ts';
import { append, firstIdOf, newStream, removeEntry } from './stream-entries.ts';
import { idOf, showId } from './stream-ids.ts';
import { exactly, parseTrimOptions, trimOf, trimStream } from './stream-trims.ts';

function streamOf(entries: number, value: string): StreamValue {
  const stream = newStream();
  for (let ms = 1; ms <= entries; ms++) append(stream, idOf(BigInt(ms), 0n), ['f', value]);
  return stream;
}

/** How many entries go, and the words that are propagated. */
function trimmed(stream: StreamValue, ...words: string[]): { removed: number; told: string[] } {
  const trim = trimOf(parseTrimOptions(words, false), false)!;
  const removed = trimStream(stream, trim);
  return { removed, told: exactly(words, trim, stream) };
}

it('removes whole nodes of a hundred entries', () => {
  const stream = streamOf(250, 'v');
  expect(trimmed(stream, 'MAXLEN', '~', '120')).toEqual({ removed: 100, told: ['MAXLEN', '=', '150'] });
  expect(trimmed(stream, 'MINID', '~', '201')).toEqual({ removed: 100, told: ['MINID', '=', '201-0'] });
});

it('begins a node before its bytes are too many', () => {
  const stream = streamOf(40, 'x'.repeat(400));
  expect(stream.nodes.map(({ live }) => live)).toEqual([9, 9, 9, 9, 4]);
});

it('removes no more than the limit', () => {
  const stream = streamOf(350, 'v');
  expect(trimmed(stream, 'MAXLEN', '~', '10', 'LIMIT', '250').removed).toBe(200);
});

it('removes entries one by one when it has to be exact', () => {
  const stream = streamOf(250, 'v');
  expect(trimmed(stream, 'MAXLEN', '33')).toEqual({ removed: 217, told: ['MAXLEN', '33'] });
  expect(showId(firstIdOf(stream))).toBe('218-0');
});

it('keeps a node whose last entry was deleted and is not to go', () => {
  const stream = streamOf(3, 'v');
  removeEntry(stream, idOf(3n, 0n));
  expect(trimmed(stream, 'MINID', '3').removed).toBe(2);
  expect(stream.nodes).toHaveLength(1);
  append(stream, idOf(4n, 0n), ['f', 'v']);
  expect(trimmed(stream, 'MINID', '~', '1').told).toEqual(['MINID', '=', '1-0']);
});
