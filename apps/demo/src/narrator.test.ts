import { expect, test } from 'vitest';
import { Narrator } from './narrator.ts';

function output(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let text = '';
  const stream = { isTTY, columns: 80, write: (piece: string) => (text += piece) } as unknown as NodeJS.WriteStream;
  return { stream, text: () => text };
}

test('in a pipe: whole lines only', () => {
  const { stream, text } = output(false);
  const narrator = new Narrator(stream);
  narrator.say('one');
  narrator.live('10 writes');
  narrator.say('two');
  narrator.print('table');
  expect(text()).toMatch(/^ +\d\.\d s {2}one\n +\d\.\d s {2}two\ntable\n$/);
});

test('on a terminal: the live line is taken away before a line that stays', () => {
  const { stream, text } = output(true);
  const narrator = new Narrator(stream);
  narrator.live('10 writes');
  narrator.say('one');
  narrator.live('');
  expect(text()).toContain('10 writes\r\u001b[2K');
  expect(text().endsWith('10 writes\r\u001b[2K')).toBe(true);
});
