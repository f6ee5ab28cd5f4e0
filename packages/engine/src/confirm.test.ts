import { fromByteString, Model, type Op, streamIdFrom, toByteString, translateUnit, type Unit } from '@entwine/core';
import { describe, expect, it } from 'vitest';
import { command } from '../test-support/entries.ts';
import { confirm, serverDeletes } from './confirm.ts';

const unit = (...commands: readonly (readonly string[])[]): Unit => ({
  commands: commands.map((args) => ({ command: command(...args), db: 0 })),
  ...{ start: 0, end: 1, db: 0, transaction: true },
});
const assign = (value: string): Op => ({
  ...{ type: 'assign', db: 0, index: 0, key: 'k', expiry: null },
  value: fromByteString(value),
});
const flush: Op = { type: 'flush', db: 0, index: 0, key: '' };
const stamp = (time: number, priority: number) => ({ time, priority, origin: `${priority}/main/1` });
const remote = (...args: string[]) => ({ type: 'remote', args }) as const;

describe('a flush by a user', () => {
  it('does not reach what was on its way to a key: that is taken away when it has come', () => {
    const model = new Model();
    const state = model.hold(0, 'k');
    model.merge(assign('5'), stamp(1, 2));
    translateUnit([{ command: command('FLUSHDB'), db: 0 }], model, stamp(2, 1));
    const { differing, effects } = confirm(model, unit(['SET', 'k', '5']), remote('S', 'k', '5'), [state], [], 0);
    expect(differing).toBe(1);
    expect(effects.args.map(String)).toContain('k');
  });
});

describe('a flush of another site, behind a call that met a local write', () => {
  it.each(['0', '-1'])('database %s: the key is compared when the flush has come back, and not before', (database) => {
    const db = Number(database);
    const model = new Model();
    const state = model.hold(0, 'k');
    model.merge(assign('5'), stamp(1, 2));
    model.mergeLocal(assign('7'), stamp(2, 1));
    model.databases.flushSent(db, model.states());
    model.flush(db < 0 ? { ...flush, key: '*' } : flush, stamp(3, 2));
    const first = confirm(model, unit(['SET', 'k', '5']), remote('S', 'k', '5'), [state], [], 0);
    expect([first.deferred, first.compared, first.effects.args]).toEqual([[state], [], []]);

    const touched = [...model.databases.flushSeen(db)];
    expect(touched).toEqual([state]);
    const second = confirm(model, unit([db < 0 ? 'FLUSHALL' : 'FLUSHDB']), remote('F'), [], touched, 0);
    expect([second.compared, second.differing, state.shadow]).toEqual([[state], 0, undefined]);
  });

  it('a key that was compared meanwhile is compared once more', () => {
    const model = new Model();
    const state = model.hold(0, 'k');
    model.databases.flushSent(0, model.states());
    model.flush(flush, stamp(1, 2));
    model.mergeLocal(assign('7'), stamp(2, 1));
    // Nobody knew that the flush was still to come.
    state.shadow = undefined;
    state.inFlight = 0;
    const touched = [...model.databases.flushSeen(0)];
    const { differing, effects } = confirm(model, unit(['FLUSHDB']), remote('F'), [], touched, 0);
    expect([differing, effects.args.map(String)]).toEqual([1, ['R', 's', 'k', '', '7', '']]);
  });

  it('with two flushes on their way it waits for the second', () => {
    const model = new Model();
    const state = model.hold(0, 'k');
    model.mergeLocal(assign('7'), stamp(2, 1));
    for (const time of [3, 4]) {
      model.databases.flushSent(0, model.states());
      model.flush(flush, stamp(time, 2));
    }
    const confirmed = (made: Unit, waiting: boolean) =>
      confirm(model, made, remote('F'), waiting ? [state] : [], waiting ? [] : [...model.databases.flushSeen(0)], 0)
        .compared;
    expect(confirmed(unit(['SET', 'k', '5']), true)).toEqual([]);
    expect(confirmed(unit(['FLUSHDB']), false)).toEqual([]);
    expect(confirmed(unit(['FLUSHDB']), false)).toEqual([state]);
  });
});

describe('what the server itself deleted within a unit of ours', () => {
  it('is a delete that names one key; whether the unit has made it again since is told', () => {
    const deletes = serverDeletes(
      unit(['DEL', 'a'], ['UNLINK', 'b', 'b'], ['FLUSHDB'], ['DEL', 'c'], ['SET', 'c', '1']),
    );
    expect(deletes).toEqual([
      { db: 0, key: 'a', again: false },
      { db: 0, key: 'c', again: true },
    ]);
  });

  it('and what we deleted of what has ended is known to be gone, until it is written to', () => {
    const model = new Model();
    const state = model.hold(0, 'k');
    model.merge({ type: 'end', db: 0, index: 0, key: 'k', covers: [], expires: true }, stamp(1, 2));
    const seen = (...args: string[]): boolean => {
      confirm(model, unit(args), remote(), [state], [], 0);
      return state.gone;
    };
    expect(seen('UNLINK', 'k', 'k')).toBe(true);
    expect(seen('UNLINK', 'other', 'other')).toBe(true);
    expect(seen('SET', 'k', '1')).toBe(false);
  });
});

describe('a stream entry of a call that an earlier process has sent', () => {
  const added = (text: string): Op => ({
    ...{ type: 'stream', db: 0, index: 0, key: 'k', cell: `i${streamIdFrom(5n, 1n)}` },
    value: ['f', text].map(fromByteString),
  });
  /** What is written when the call has come back. @param ours - an entry of ours at the same ID, that came before the call. */
  const written = (ours: Op | undefined): string[] => {
    const model = new Model(0, 1);
    const theirs = added('theirs');
    const state = model.merge(theirs, stamp(1, 2));
    if (ours !== undefined) model.merge(ours, stamp(2, 1));
    const cause = { ops: [{ op: theirs, version: { time: 1, priority: 2, index: 0 } }], settlements: [] };
    const seen = unit(['XADD', 'k', '5-1', 'f', 'theirs']);
    const { effects } = confirm(model, seen, { type: 'earlier', cause, args: [] }, [], [state], 0);
    return effects.args.map((arg) => (typeof arg === 'string' ? arg : toByteString(arg)));
  };

  it('is let be where it stands alone', () => {
    expect(written(undefined)).toEqual([]);
  });

  it('is written again where it may have taken the place of ours, and so is that', () => {
    const args = written(added('ours'));
    expect(args.filter((arg) => arg === 'ours' || arg === 'theirs').sort()).toEqual(['ours', 'theirs']);
    expect(args).toContain('5-1');
  });
});
