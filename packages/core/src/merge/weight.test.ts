import { describe, expect, it } from 'vitest';
import { entryCell, idFrom, positionCell } from '../commands/stream-cells.ts';
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
    const model = new Model(0, 1);
    const batch = new Uint8Array(65_536).fill(7);
    const view = (at: number) => batch.subarray(at, at + 100);
    model.merge({ ...assign('k', 0), value: view(0) } as Op, stamp(1));
    model.merge({ ...field('f', 0), value: view(100) } as Op, stamp(2));
    model.merge({ ...assign('young', 0), value: view(200) } as Op, stamp(30));
    const id = idFrom(1n, 1n);
    const added: Op = { type: 'stream', db: 0, index: 0, key: 's', cell: entryCell(id), value: [view(300), view(400)] };
    model.merge(added, stamp(3));
    model.merge({ ...added, cell: positionCell('group'), value: [view(500)] }, stamp(4));
    const push: Op = {
      type: 'guarded',
      db: 0,
      index: 0,
      key: 'l',
      kind: 'list',
      base: null,
      args: [view(600)],
      adds: true,
    };
    model.merge(push, stamp(5));
    const before = model.bytes;
    model.detach(stamp(10).time);
    const buffers = ['k', 'young'].map((key) => (model.find(0, key)!.string!.value as Uint8Array).buffer.byteLength);
    expect(buffers).toEqual([100, 65_536]);
    const kept = model.find(0, 'h')!.elements![1]!.get('f')!.value as Uint8Array;
    expect([kept, kept.buffer.byteLength, model.bytes]).toEqual([view(100), 100, before]);
    const cells = model.find(0, 's')!.elements![5]! as unknown as Map<string, { value: unknown }>;
    const slot = cells.get(entryCell(id))!.value as { adds: { value: Uint8Array[] }[] };
    const position = cells.get(positionCell('group'))!.value as Uint8Array[];
    const { args } = model.find(0, 'l')!.adds![0]!;
    const parts = [...slot.adds[0]!.value, ...position, ...args];
    expect(parts).toEqual([view(300), view(400), view(500), view(600)]);
    expect(parts.map(({ buffer }) => buffer.byteLength)).toEqual([100, 100, 100, 100]);
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
