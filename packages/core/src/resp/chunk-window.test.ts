import { describe, expect, it } from 'vitest';
import { ChunkWindow } from './chunk-window.ts';

describe('ChunkWindow', () => {
  it('looks at a chunk in place when nothing is kept', () => {
    const window = new ChunkWindow(50);
    const chunk = Uint8Array.of(1, 2, 3);
    expect(window.refill(0, 0)).toBe(-1);
    window.push(new Uint8Array(0));
    window.push(chunk);
    expect(window.refill(0, 0)).toBe(0);
    expect(window.bytes).toBe(chunk);
    expect([window.origin, window.end, window.pushed]).toEqual([50, 3, 53]);
  });

  it('takes into the carry what is missing and no more', () => {
    const window = new ChunkWindow(0);
    const second = Uint8Array.of(4, 5, 6, 7);
    window.push(Uint8Array.of(1, 2, 3));
    window.push(second);
    window.refill(0, 0);
    expect(window.refill(2, 2)).toBe(0);
    expect([...window.bytes.subarray(0, window.end)]).toEqual([3, 4, 5]);
    expect(window.origin).toBe(2);
    expect(window.refill(window.end, 0)).toBe(2);
    expect(window.bytes).toBe(second);
    expect(window.origin + 2).toBe(5);
  });

  it('takes a line up to its newline', () => {
    const window = new ChunkWindow(0);
    window.push(Uint8Array.of(1));
    window.push(Uint8Array.of(2));
    window.push(Uint8Array.of(3, 10, 4, 10));
    window.refill(0, 0);
    window.refill(0, 0);
    window.refill(0, 0);
    expect([...window.bytes.subarray(0, window.end)]).toEqual([1, 2, 3, 10]);
  });

  it('does not allocate what was only declared', () => {
    const window = new ChunkWindow(0);
    window.push(new Uint8Array(10));
    window.push(new Uint8Array(10));
    window.refill(0, 0);
    window.refill(0, 500_000_000);
    expect(window.end).toBe(20);
    expect(window.bytes.length).toBeLessThanOrEqual(1_048_576);
  });

  it('allocates a declared length once when it is moderate, and exactly when it is the last growth', () => {
    const window = new ChunkWindow(0);
    window.push(new Uint8Array(10));
    window.push(new Uint8Array(1000));
    window.refill(0, 0);
    window.refill(0, 500_000);
    expect(window.bytes.length).toBe(500_010);
  });
});
