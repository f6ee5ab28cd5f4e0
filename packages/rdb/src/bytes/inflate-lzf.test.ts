import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inflateLzf, lzfMaxRatio } from './inflate-lzf.ts';

/** Compresses greedily and slowly. */
function compress(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  let literals: number[] = [];
  const flush = () => {
    for (let i = 0; i < literals.length; i += 32) {
      const run = literals.slice(i, i + 32);
      out.push(run.length - 1, ...run);
    }
    literals = [];
  };
  for (let at = 0; at < bytes.length; ) {
    let best = 0;
    let from = 0;
    for (let start = Math.max(0, at - 8192); start < at; start++) {
      let length = 0;
      while (length < 264 && at + length < bytes.length && bytes[start + length] === bytes[at + length]) length++;
      if (length > best) [best, from] = [length, start];
    }
    if (best < 3) {
      literals.push(bytes[at++]!);
      continue;
    }
    flush();
    const distance = at - from - 1;
    if (best < 9) out.push(((best - 2) << 5) | (distance >> 8), distance & 255);
    else out.push(0xe0 | (distance >> 8), best - 9, distance & 255);
    at += best;
  }
  flush();
  return Uint8Array.from(out);
}

function inflate(bytes: Uint8Array, size: number): Uint8Array | false {
  const out = new Uint8Array(size);
  return inflateLzf(bytes, 0, bytes.length, out) && out;
}

const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 6 }), fc.nat({ max: 60 })), { maxLength: 12 })
  .map((parts) =>
    Uint8Array.from(parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => [...bytes]).flat())),
  );

describe('inflateLzf', () => {
  it('gives what was compressed, and only into a buffer of that size', () => {
    fc.assert(
      fc.property(fc.oneof(repetitive, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const small = compress(bytes);
        expect(inflate(small, bytes.length)).toEqual(bytes);
        expect(inflate(small, bytes.length + 1)).toBe(false);
        if (bytes.length > 0) expect(inflate(small, bytes.length - 1)).toBe(false);
        if (small.length > 0) expect(inflate(small.subarray(0, -1), bytes.length)).toBe(false);
      }),
    );
  });

  it('never makes more of a byte than it is said to', () => {
    const zeros = compress(new Uint8Array(8000));
    expect(8000 / zeros.length).toBeLessThan(lzfMaxRatio);
    expect(8000 / zeros.length).toBeGreaterThan(lzfMaxRatio / 2);
  });

  it('reads and writes nothing outside, whatever it is given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 300 }), (bytes, size) => {
        const around = new Uint8Array(size + 2).fill(7);
        inflateLzf(bytes, 0, bytes.length, around.subarray(1, size + 1));
        expect([around[0], around[size + 1]]).toEqual([7, 7]);
      }),
    );
  });
});
