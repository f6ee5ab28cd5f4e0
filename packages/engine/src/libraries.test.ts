import { type Conflict, fromByteString, LibraryRegisters, type Op, type Target } from '@entwine/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { startMs } from '../test-support/entries.ts';
import { ManualTimers, settle } from '../test-support/recorders.ts';
import { Alarms } from './alarms.ts';
import { Libraries, type LibraryOp } from './libraries.ts';

const [ours, theirs] = [2, 1];
let calls: string[];
let answer: (name: string) => Promise<string | undefined>;
let isOpen: boolean;
let registers: LibraryRegisters;
let timers: ManualTimers;
let alarms: Alarms;
let libraries: Libraries;
let conflicts: Conflict[];

const bytes = (text: string | null): Uint8Array | null => (text === null ? null : fromByteString(text));
const op = (key: string, code: string | null): LibraryOp => ({
  ...({ type: 'library', db: 0, index: 0 } as const),
  ...{ key, code: bytes(code) },
});
const stamp = (time: number, priority: number) => ({ time, priority, origin: 'x/main/1' });
/** Another site's. */
const remote = (time: number, name: string, code: string | null) =>
  libraries.merge(op(name, code), stamp(time, theirs));
/** In the stream: what it is. */
function seen(time: number, name: string, code: string | null): 'own' | 'local' {
  if (libraries.isOwn(name, bytes(code))) return 'own';
  registers.merge(op(name, code) as Extract<Op, { type: 'library' }>, stamp(time, ours));
  return 'local';
}
const took = (): string[] => calls.splice(0);

function start(...unsettled: LibraryOp[]): void {
  const target: Pick<Target, 'library'> = {
    library: (name, code) => {
      calls.push(`${name}=${code === null ? '' : String.fromCharCode(...code)}`);
      return answer(name);
    },
  };
  libraries = new Libraries({
    ...{ target: target as Target, alarms, timers, registers, priority: ours, unsettled },
    isOpen: () => isOpen,
    audit: { heard: () => 0, found: (conflict) => conflicts.push(conflict), passedOver: () => {} },
  });
}

beforeEach(() => {
  calls = [];
  conflicts = [];
  answer = async () => undefined;
  isOpen = true;
  registers = new LibraryRegisters();
  timers = new ManualTimers(startMs);
  alarms = new Alarms({ now: () => startMs }, () => {});
  start();
  libraries.opened();
});

describe('what races with clients', () => {
  it('a call that comes back is nothing new', () => {
    remote(1, 'l', 'x');
    expect(took()).toEqual(['l=x']);
    expect([seen(2, 'l', 'x'), seen(3, 'l', 'x')]).toEqual(['own', 'local']);
    expect(took()).toEqual([]);
  });

  it("behind a newer client's, the client's is loaded again", () => {
    remote(1, 'l', 'x');
    took();
    expect([seen(2, 'l', 'y'), seen(3, 'l', 'x')]).toEqual(['local', 'own']);
    expect(took()).toEqual(['l=y']);
    expect(seen(4, 'l', 'y')).toBe('own');
    expect(took()).toEqual([]);
  });

  it('a later call on its way needs no help', () => {
    remote(1, 'l', 'x');
    remote(2, 'l', null);
    expect(took()).toEqual(['l=x', 'l=']);
    expect([seen(3, 'l', 'x'), seen(3, 'l', null)]).toEqual(['own', 'own']);
    expect(took()).toEqual([]);
  });

  it('what is older, or the same, is not sent', () => {
    seen(2, 'l', 'x');
    expect([remote(1, 'l', 'y'), remote(3, 'l', 'x')]).toEqual(['lost', 'same']);
    expect(took()).toEqual([]);
  });

  it('a deletion of all takes newer libraries along, and brings them back', () => {
    seen(1, 'old', 'x');
    seen(3, 'new', 'y');
    remote(2, '*', null);
    expect(took()).toEqual(['*=', 'new=y']);
    expect([seen(4, 'newer', 'z'), seen(5, '*', null)]).toEqual(['local', 'own']);
    expect(took()).toEqual(['newer=z']);
    expect([seen(6, 'new', 'y'), seen(7, 'newer', 'z')]).toEqual(['own', 'own']);
    expect(took()).toEqual([]);
  });
});

describe('failures', () => {
  it('a call that failed is made again', async () => {
    answer = () => Promise.reject(new Error('away'));
    remote(1, 'l', 'x');
    await settle();
    answer = async () => undefined;
    expect(took()).toEqual(['l=x']);
    await timers.advance(1000);
    expect(took()).toEqual(['l=x']);
  });

  it('what was not seen when the lane opens again is repeated; what was seen is not', () => {
    remote(1, 'l', 'x');
    remote(2, 'm', 'y');
    seen(3, 'l', 'x');
    isOpen = false;
    remote(4, 'n', 'z');
    expect(took()).toEqual(['l=x', 'm=y']);
    isOpen = true;
    libraries.opened();
    expect(took()).toEqual(['m=y', 'n=z']);
    libraries.opened();
    expect(took()).toEqual(['m=y', 'n=z']);
  });

  it('a refusal is an alarm, tried again when another library changed', async () => {
    answer = async (name) => (name === 'l' ? 'in the way' : undefined);
    remote(1, 'l', 'x');
    await settle();
    expect(alarms.list()).toMatchObject([{ active: true, message: expect.stringContaining('l: in the way') }]);
    answer = async () => undefined;
    took();
    remote(2, 'm', null);
    await settle();
    expect(took()).toEqual(['m=', 'l=x']);
    expect(alarms.list()).toMatchObject([{ active: false }]);
  });
});

describe('after a start', () => {
  it("other sites' libraries that the log still holds are loaded again", () => {
    registers.merge(op('theirs', 'x'), stamp(1, theirs));
    registers.merge(op('ours', 'y'), stamp(1, ours));
    isOpen = false;
    start();
    isOpen = true;
    libraries.opened();
    expect(took()).toEqual(['theirs=x']);
  });

  it('calls of an earlier process are known as such, until the lane is open', () => {
    registers.merge(op('settled', 'x'), stamp(1, theirs));
    start(op('unsettled', 'y'), op('*', null));
    expect([seen(2, 'settled', 'x'), seen(3, 'unsettled', 'y'), seen(4, '*', null)]).toEqual(['own', 'own', 'own']);
    expect([seen(5, 'settled', 'z'), seen(6, 'other', 'y')]).toEqual(['local', 'local']);
    libraries.opened();
    expect(took()).toEqual([]);
    expect(seen(7, 'unsettled', 'y')).toBe('local');
  });
});

describe('conflicts', () => {
  /** Another site's, whose writer had seen what we wrote up to a time. */
  const knowing = (time: number, code: string | null, seenUpTo: number) =>
    libraries.merge(op('l', code), { ...stamp(time, theirs), seen: seenUpTo });

  it.each([
    ['ours loses to what had not seen it', 9, 20, 'y', [['x', 20, 10]]],
    ['theirs loses, older', 0, 5, 'y', [['y', 10, 5]]],
    ['theirs deletes it', 0, 20, null, [['x', 20, 10]]],
    ['theirs had seen it', 10, 20, 'y', []],
    ['both are the same', 0, 20, 'x', []],
  ] as const)('%s', (_name, seenUpTo, time, code, expected) => {
    seen(10, 'l', 'x');
    knowing(time, code, seenUpTo);
    const found = conflicts.map(({ discarded, winner, loser }) => [
      discarded === null ? null : String.fromCharCode(...(discarded as Uint8Array)),
      winner.time,
      loser.time,
    ]);
    expect(found).toEqual(expected);
  });
});
