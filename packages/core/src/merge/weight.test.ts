import { describe, expect, it } from 'vitest';
import type { Op } from '../entry/entry.ts';
import { Model } from './model.ts';

const stamp = (time: number) => ({ time: time * 64 * 4096, priority: 1, origin: 'a/main/1' });
const assign = (key: string, length: number): Op => {
  return { type: 'assign', db: 0, index: 0, key, value: new Uint8Array(length), expiry: null };
};
const field = (name: string, length: number): Op => {
  return { type: 'field', db: 0, index: 0, key: 'h', field: name, value: new Uint8Array(length) };
};

describe('what is kept for long', () => {
  it('holds its own bytes, and not the batch that it came in', () => {
    const model = new Model();
    const batch = new Uint8Array(65_536).fill(7);
    const view = (at: number) => batch.subarray(at, at + 100);
    model.merge({ ...assign('k', 0), value: view(0) } as Op, stamp(1));
    model.merge({ ...field('f', 0), value: view(100) } as Op, stamp(2));
    model.merge({ ...assign('young', 0), value: view(200) } as Op, stamp(30));
    const before = model.bytes;
    model.detach(stamp(10).time);
    const buffers = ['k', 'young'].map((key) => (model.find(0, key)!.string!.value as Uint8Array).buffer.byteLength);
    expect(buffers).toEqual([100, 65_536]);
    const kept = model.find(0, 'h')!.elements![1]!.get('f')!.value as Uint8Array;
    expect([kept, kept.buffer.byteLength, model.bytes]).toEqual([view(100), 100, before]);
  });
});

describe('the bytes of the window', () => {
  it('grow with keys, parts and values, and not with what is written again', () => {
    const model = new Model();
    model.merge(assign('k', 10_000), stamp(1));
    const one = model.bytes;
    expect(one).toBeGreaterThan(10_000);
    expect(one).toBeLessThan(12_000);
    for (let i = 2; i < 50; i++) model.merge(assign('k', 10_000), stamp(i));
    expect(model.bytes).toBe(one);
    for (let i = 0; i < 100; i++) model.merge(field(`f${i}`, 1000), stamp(60 + i));
    const hash = model.bytes - one;
    expect(hash).toBeGreaterThan(100_000);
    for (let i = 0; i < 100; i++) model.merge(field(`f${i}`, 1000), stamp(200 + i));
    expect(model.bytes - one).toBe(hash);
    model.merge(field('f0', 500_000), stamp(400));
    expect(model.bytes - one).toBeGreaterThan(500_000);
  });

  it('go with what is forgotten, part by part, down to nothing', () => {
    const model = new Model();
    for (let i = 0; i < 100; i++) model.merge(field(`f${i}`, 1000), stamp(10 + i));
    const whole = model.bytes;
    model.forget(stamp(60).time);
    expect(model.bytes).toBeLessThan(whole);
    const deleted: Op = { type: 'delete', db: 0, index: 0, key: 'h' };
    model.merge(deleted, stamp(150));
    expect(model.bytes).toBeLessThan(1000);
    model.forget(stamp(500).time);
    expect([model.keys, model.bytes]).toEqual([0, 0]);
  });
});
