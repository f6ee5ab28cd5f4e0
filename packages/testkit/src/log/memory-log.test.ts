import { describe, expect, it } from 'vitest';
import { logConformance } from './log-conformance.ts';
import { MemoryLog } from './memory-log.ts';
import { MemoryLogDisk } from './memory-log-disk.ts';

describe('memory log: conformance', () => {
  for (const { name, run } of logConformance) {
    it(name, () =>
      run(async () => {
        const disk = new MemoryLogDisk();
        return {
          open: async () => new MemoryLog(disk),
          damage: async (stream, seq) => disk.damage(stream, seq),
          dispose: async () => {},
        };
      }),
    );
  }
});

describe('memory log: crash', () => {
  const append = (seq: number) => ({
    append: [{ stream: 'a/0/1', first: seq, last: seq, body: Uint8Array.of(seq) }],
    put: [{ key: 'seq', value: Uint8Array.of(seq) }],
    trim: [],
  });

  it('keeps what was flushed and loses the rest', async () => {
    const disk = new MemoryLogDisk();
    const log = new MemoryLog(disk, { flush: 'manual' });
    const settled: number[] = [];
    for (const seq of [1, 2, 3]) log.commit(append(seq)).then(() => settled.push(seq));
    await Promise.resolve();
    log.flush(2);
    log.crash();
    log.flush();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(settled).toEqual([1, 2]);
    expect(() => log.streams()).toThrow('closed');
    const again = new MemoryLog(disk);
    expect(again.streams()).toEqual([{ stream: 'a/0/1', first: 1, last: 2 }]);
    expect(again.get('seq')).toEqual(Uint8Array.of(2));
  });

  it('flushes in a microtask unless told otherwise', async () => {
    const log = new MemoryLog(new MemoryLogDisk());
    const committed = log.commit(append(1));
    log.crash();
    const outcome = await Promise.race([committed, new Promise((resolve) => setTimeout(resolve, 5, 'lost'))]);
    expect(outcome).toBe('lost');
  });
});
