import { expect, it } from 'vitest';
import { MarkFinder } from './mark-finder.ts';

const mark = Buffer.from('0123456789abcdef0123456789abcdef01234567');

/** Feeds `text` in pieces and gives the index behind the mark in the whole text, or -1. */
function findIn(text: Buffer, cuts: readonly number[]): number {
  const finder = new MarkFinder(mark);
  let start = 0;
  for (const cut of [...cuts, text.length]) {
    const found = finder.find(text.subarray(start, cut));
    if (found >= 0) return start + found;
    start = cut;
  }
  return -1;
}

it('finds the mark wherever one cut or two cuts fall', () => {
  const text = Buffer.concat([Buffer.from('0123456789abcdef rdb '), mark, Buffer.from('*1\r\n')]);
  const end = text.length - 4;
  for (let first = 0; first <= text.length; first++) {
    expect(findIn(text, [first])).toBe(end);
    for (let second = first; second <= text.length; second++) expect(findIn(text, [first, second])).toBe(end);
  }
});

it('finds it byte by byte, behind a false start', () => {
  const text = Buffer.concat([mark.subarray(0, 39), mark, Buffer.from('rest')]);
  const cuts = Array.from({ length: text.length - 1 }, (_, i) => i + 1);
  expect(findIn(text, cuts)).toBe(39 + 40);
});

it('finds nothing where there is none', () => {
  expect(findIn(Buffer.concat([mark.subarray(0, 39), Buffer.from('x'), mark.subarray(1)]), [10, 39, 40, 60])).toBe(-1);
});
