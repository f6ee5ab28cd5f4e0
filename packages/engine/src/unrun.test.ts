import type { Op, Stamp } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { decodeLedger, encodeLedger, newLedger } from './ledger.ts';
import { maxUnrun, noteUnrun, UnrunCommands } from './unrun.ts';

const [a, b] = ['a/main/1', 'b/main/1'];
const ledgerAt = (kept: number) => ({ ...newLedger('c/main/1', { replicationId: '', offset: 0, db: 0 }), kept });
const stamp = (time: number, origin: string): Stamp => ({ time, priority: 1, origin });
const op = (index: number): Op => ({
  type: 'want',
  db: 0,
  index,
  key: 'k',
  version: { time: 0, priority: 0, index: 0 },
});

describe('commands that were not run', () => {
  it('are known by origin, time and index, after a restart as well', () => {
    const ledger = ledgerAt(0);
    noteUnrun(ledger, a, [
      [10, 0],
      [11, 2],
    ]);
    noteUnrun(ledger, b, [[10, 1]]);
    const commands = new UnrunCommands(decodeLedger(encodeLedger(ledger)));
    expect([commands.ran(op(0), stamp(10, a)), commands.ran(op(2), stamp(11, a))]).toEqual([false, false]);
    expect([commands.ran(op(1), stamp(10, a)), commands.ran(op(0), stamp(10, b))]).toEqual([true, true]);
    expect(commands.ran(op(1), stamp(10, b))).toBe(false);
  });

  it('are forgotten with the logs', () => {
    const ledger = ledgerAt(10);
    noteUnrun(ledger, a, [
      [10, 0],
      [11, 0],
    ]);
    expect(ledger.unrun).toEqual({ [a]: [[11, 0]] });
    ledger.kept = 11;
    noteUnrun(ledger, b, [[12, 0]]);
    expect(ledger.unrun).toEqual({ [b]: [[12, 0]] });
  });

  it(`are remembered up to ${maxUnrun}: of what is older than the oldest, nobody knows`, () => {
    const ledger = ledgerAt(0);
    for (let time = 1; time <= maxUnrun + 2; time++) noteUnrun(ledger, time % 2 === 0 ? a : b, [[time, 0]]);
    const commands = new UnrunCommands(ledger);
    expect(Object.values(ledger.unrun).flat()).toHaveLength(maxUnrun);
    expect(commands.ran(op(0), stamp(2, a))).toBeUndefined();
    expect(commands.ran(op(0), stamp(3, b))).toBe(false);
    expect(commands.ran(op(0), stamp(3, a))).toBe(true);
  });

  it('are known of nothing that an earlier version has settled', () => {
    const { unrun: _unrun, unrunFrom: _from, ...old } = { ...ledgerAt(0), clock: 50 };
    const commands = new UnrunCommands(decodeLedger(new TextEncoder().encode(JSON.stringify(old))));
    expect(commands.ran(op(0), stamp(50, a))).toBeUndefined();
    expect(commands.ran(op(0), stamp(51, a))).toBe(true);
  });
});
