import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyEntry } from '../../test-support/arbitrary-entry.ts';
import { anySteps } from '../../test-support/arbitrary-steps.ts';
import { Mesh } from '../../test-support/mesh.ts';
import { anyMixedCommand, anyStringCommand } from '../../test-support/rule-commands.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import type { Entry, Op } from '../entry/entry.ts';
import { decodeEntry, encodeEntry } from '../entry/entry-codec.ts';
import { detachState } from './detach.ts';
import type { KeyState } from './key-state.ts';
import { Model } from './model.ts';
import { isAtRest } from './spilled-keys.ts';
import { decodeState, encodeState } from './state-codec.ts';

const copyOf = (state: KeyState): KeyState => decodeState(state.db, state.key, encodeState(state));

/** Holes of arrays are as good as `undefined`; all else has to be the same, signs of zero and types included. */
function expectSame(copy: KeyState, state: KeyState): void {
  const { elements, ...rest } = state;
  const { elements: copied, ...others } = copy;
  expect(others).toStrictEqual(rest);
  expect(copied).toStrictEqual(elements && Array.from(elements));
}

/** As another site reads it. */
function asReceived(entry: Entry): Entry {
  const writer = new ByteWriter();
  encodeEntry(writer, entry);
  const decoded = decodeEntry(writer.take());
  if (decoded.type === 'failure') throw new Error(decoded.message);
  return decoded.entry;
}

const generators = [
  ['all kinds', anyMixedCommand],
  ['parts of strings', anyStringCommand],
] as const;

describe('a state comes back as it was', () => {
  it.each(generators)('in histories of several sites: %s', (_name, command) => {
    let seen = 0;
    fc.assert(
      fc.property(anySteps(command, 40), fc.boolean(), (steps, forgetting) => {
        const mesh = new Mesh(3, forgetting);
        for (const step of steps) mesh.step(step);
        for (const { model } of mesh.sites) {
          for (const state of model.states()) {
            if (!isAtRest(state)) continue;
            seen++;
            expectSame(copyOf(state), state);
          }
        }
      }),
      { numRuns: 200 },
    );
    expect(seen).toBeGreaterThan(500);
  });

  it('whatever ops it is made of', () => {
    const merges = (op: Op): boolean => !['flush', 'library', 'publish', 'check', 'stream', 'trim'].includes(op.type);
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 12 }), (entries) => {
        const model = new Model(0, 1);
        for (const entry of entries.map(asReceived)) {
          if (entry.type !== 'unit') continue;
          const stamp = { time: entry.time, priority: entry.priority, origin: 'b/main/1' };
          for (const op of entry.ops) if (merges(op)) model.merge({ ...op, key: 'k', db: 0 }, stamp);
        }
        for (const state of model.states()) expectSame(copyOf(state), state);
      }),
      { numRuns: 500 },
    );
  });

  it('also where its bytes get buffers of their own afterwards', () => {
    const model = new Model();
    const value = Uint8Array.of(1, 2, 3);
    const stamp = { time: 5, priority: 1, origin: 'a/main/1' };
    const state = model.merge({ type: 'assign', db: 0, index: 0, key: 'k', value, expiry: 7 }, stamp);
    const copy = copyOf(state);
    detachState(copy);
    expectSame(copy, state);
  });
});

it('versions that are the same are one object again', () => {
  const model = new Model();
  const stamp = { time: 5, priority: 1, origin: 'a/main/1' };
  const copy = copyOf(model.merge({ type: 'member', db: 0, index: 0, key: 'k', member: 'm', present: true }, stamp));
  expect(copy.content).toBe(copy.newestAdd);
});

describe('what is no state is refused', () => {
  const model = new Model();
  const stamp = { time: 5, priority: 1, origin: 'a/main/1' };
  const bytes = encodeState(
    model.merge({ type: 'field', db: 0, index: 0, key: 'k', field: 'f', value: Uint8Array.of(1) }, stamp),
  );

  it('cut short, or longer', () => {
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeState(0, 'k', bytes.subarray(0, length)), String(length)).toThrow('is damaged; a restart');
    expect(() => decodeState(0, 'k', Uint8Array.of(...bytes, 0))).toThrow('is damaged');
  });

  it('what is no plain data is not written, and leaves nothing for the next', () => {
    const state = model.merge({ type: 'delete', db: 0, index: 0, key: 'odd' }, stamp);
    Object.assign(state, { ends: [new Model()] });
    expect(() => encodeState(state)).toThrow("a key's state holds an object of a class");
    expect(encodeState(model.find(0, 'k')!)).toEqual(bytes);
  });
});
