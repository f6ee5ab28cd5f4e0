import { expect, it } from 'vitest';
import { StreamDecoder } from '../resp/stream-decoder.ts';
import { singleDelete } from './single-delete.ts';

it.each([
  ['DEL a', 'a'],
  ['unlink a', 'a'],
  ['DEL a b', undefined],
  ['DEL a a', undefined],
  ['DEL', undefined],
  ['HDEL a', undefined],
  ['SET a', undefined],
])('%s: %s', (line, key) => {
  const args = line.split(' ');
  const text = `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
  const decoder = new StreamDecoder(0);
  decoder.push(Uint8Array.from(Buffer.from(text)));
  const command = decoder.next();
  if (command === undefined || 'code' in command) throw new Error('no command');
  expect(singleDelete(command)).toBe(key);
});
