import type { EntryBatch } from '@entwine/core';
import { describe, expect, test } from 'vitest';
import { dataHead } from '../wire/encode-frame.ts';
import { frameHeaderBytes } from '../wire/frame-decoder.ts';
import { LogReader } from './log-reader.ts';

const origin = 'a/one/1';

function data(first: number, last: number, piece: Uint8Array, total: number = piece.length): Uint8Array {
  const head = dataHead(first, last, total, piece.length).subarray(frameHeaderBytes);
  return new Uint8Array([...head, ...piece]);
}

function setup(limits = { windowBytes: 1000, maxBatchBytes: 5000 }) {
  const delivered: EntryBatch[] = [];
  const grants: number[] = [];
  const onDeliver = { run: (_: EntryBatch): void => {} };
  const reader = new LogReader(origin, 1, false, limits, {
    deliver: (batch) => {
      delivered.push(batch);
      onDeliver.run(batch);
    },
    grant: (bytes) => grants.push(bytes),
  });
  return { reader, delivered, grants, onDeliver, firsts: () => delivered.map((batch) => batch.first) };
}

describe('LogReader', () => {
  test('delivers batches that follow one another, also when they overlap', () => {
    const { reader, delivered } = setup();
    expect(reader.data(data(1, 3, new Uint8Array([1])))).toBeUndefined();
    expect(reader.data(data(2, 5, new Uint8Array([2])))).toBeUndefined();
    expect(reader.data(data(6, 6, new Uint8Array(0)))).toBeUndefined();
    expect(delivered.map(({ first, last }) => [first, last])).toEqual([
      [1, 3],
      [2, 5],
      [6, 6],
    ]);
  });

  test('ends on a gap and on a repetition', () => {
    expect(setup().reader.data(data(2, 3, new Uint8Array(1)))?.code).toBe('gap');
    const { reader } = setup();
    reader.data(data(1, 3, new Uint8Array(1)));
    expect(reader.data(data(1, 3, new Uint8Array(1)))?.code).toBe('gap');
  });

  test('puts a batch together, granting credit as the pieces come', () => {
    const { reader, delivered, grants } = setup();
    reader.data(data(1, 9, new Uint8Array(600).fill(1), 1700));
    expect(reader.more(new Uint8Array(600).fill(2))).toBeUndefined();
    expect(delivered).toEqual([]);
    expect(reader.more(new Uint8Array(500).fill(3))).toBeUndefined();
    const expected = new Uint8Array(1700).fill(1, 0, 600).fill(2, 600, 1200).fill(3, 1200);
    expect(delivered).toEqual([{ origin, first: 1, last: 9, body: expected }]);
    expect(grants).toEqual([620, 600, 500]);
  });

  test('saves up grants to a quarter of the window', () => {
    const { reader, grants } = setup();
    for (let seq = 1; seq <= 5; seq++) reader.data(data(seq, seq, new Uint8Array(80)));
    expect(grants).toEqual([300]);
  });

  test('holds what comes while paused, grants nothing, and refuses more than was granted', () => {
    const { reader, grants, firsts } = setup();
    reader.pause();
    for (let seq = 1; seq <= 10; seq++) expect(reader.data(data(seq, seq, new Uint8Array(80)))).toBeUndefined();
    expect(firsts()).toEqual([]);
    expect(reader.data(data(11, 11, new Uint8Array(80)))?.code).toBe('violation');
    reader.resume();
    expect(firsts()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(grants.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThanOrEqual(750);
  });

  test('may be paused and stopped from within a delivery', () => {
    const { reader, firsts, onDeliver } = setup();
    reader.pause();
    for (let seq = 1; seq <= 6; seq++) reader.data(data(seq, seq, new Uint8Array(10)));
    onDeliver.run = ({ first }) => {
      if (first === 2) reader.pause();
      if (first === 4) reader.stop();
    };
    reader.resume();
    expect(firsts()).toEqual([1, 2]);
    reader.resume();
    expect(firsts()).toEqual([1, 2, 3, 4]);
    reader.resume();
    expect(firsts()).toEqual([1, 2, 3, 4]);
  });

  test('refuses what makes no sense', () => {
    expect(setup().reader.more(new Uint8Array(1))?.code).toBe('violation');
    expect(setup().reader.data(new Uint8Array(19))?.code).toBe('violation');
    expect(setup().reader.data(data(1, 1, new Uint8Array(1), 5001))?.code).toBe('oversized');
    const { reader } = setup();
    reader.data(data(1, 1, new Uint8Array(1), 100));
    expect(reader.more(new Uint8Array(100))?.code).toBe('violation');
    expect(reader.data(data(2, 2, new Uint8Array(1)))?.code).toBe('violation');
  });
});
