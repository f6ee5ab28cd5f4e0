import type { StreamDelete, Verdict } from '@entwine/core';
import { MemoryKeyspaceEvents } from '@entwine/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { Alarms } from './alarms.ts';
import { Deletions } from './deletions.ts';
import { Tallies } from './tallies.ts';
import type { Timers } from './timers.ts';

/** Timers that go off when told to. */
class Clock implements Timers {
  now = 0;
  #due: { readonly at: number; readonly run: () => void }[] = [];

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.now + ms, run };
    this.#due.push(timer);
    return () => {
      this.#due = this.#due.filter((other) => other !== timer);
    };
  }

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#due = this.#due.filter((other) => other !== next);
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }
}

let clock: Clock;
let events: MemoryKeyspaceEvents;
let alarms: Alarms;
let tallies: Tallies;
let deletions: Deletions;
const id = 'a'.repeat(40);
const other = 'b'.repeat(40);

const active = (): string[] => alarms.list().flatMap(({ name, active }) => (active ? [name] : []));
const del = (key: string, end: number): StreamDelete => ({ db: 0, key, end });

/** Asks, and tells what has been answered so far. */
function ask(
  deletes: readonly StreamDelete[],
  replicationId: string = id,
): { verdicts: readonly Verdict[] | undefined } {
  const answer: { verdicts: readonly Verdict[] | undefined } = { verdicts: undefined };
  deletions.classify(replicationId, deletes).then((verdicts) => {
    answer.verdicts = verdicts;
  });
  return answer;
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  clock = new Clock();
  events = new MemoryKeyspaceEvents();
  tallies = new Tallies();
  alarms = new Alarms({ now: () => clock.now }, () => {});
  deletions = new Deletions({ events, alarms, tallies, timers: clock });
  deletions.start();
  events.up();
});

describe('Deletions', () => {
  it('answers once the fence has come', async () => {
    events.event(0, 'e', 'expired', 10);
    events.offset = 20;
    const answer = ask([del('e', 10), del('u', 20)]);
    await settle();
    expect(answer.verdicts).toBeUndefined();
    events.answer();
    await settle();
    expect(answer.verdicts).toEqual(['expired', 'user']);
    expect(tallies.deletions).toEqual({ expired: 1, user: 1 });
  });

  it('asks once for all that come while a fence is on its way, and keeps a distance', async () => {
    events.offset = 10;
    const first = ask([del('a', 10)]);
    events.offset = 30;
    const [second, third] = [ask([del('b', 20)]), ask([del('c', 30)])];
    events.answer();
    await settle();
    expect([first.verdicts, second.verdicts, events.asked]).toEqual([['user'], undefined, 1]);
    clock.pass(1);
    expect(events.asked).toBe(1);
    clock.pass(1);
    expect(events.asked).toBe(2);
    events.answer();
    await settle();
    expect([second.verdicts, third.verdicts, events.asked]).toEqual([['user'], ['user'], 2]);
    expect(active()).toEqual([]);
  });

  it('knows at once what a fence has already passed', async () => {
    events.event(0, 'e', 'expired', 10);
    events.offset = 100;
    clock.pass(10);
    expect(events.asked).toBe(1);
    events.answer();
    expect(deletions.classifyNow(id, [del('e', 10), del('u', 90)])).toEqual(['expired', 'user']);
    expect(deletions.classifyNow(id, [del('u', 101)])).toBeUndefined();
    expect(deletions.classifyNow(id, [])).toEqual([]);
  });

  it('cuts the events of a stream that lags into short windows', async () => {
    for (let offset = 10; offset <= 50; offset += 10) {
      events.event(0, 'k', 'expired', offset);
      clock.pass(10);
      events.answer();
      clock.pass(2);
    }
    expect(deletions.classifyNow(id, [del('k', 10)])).toEqual(['expired']);
    expect(deletions.classifyNow(id, [del('k', 20)])).toEqual(['expired']);
    expect(deletions.classifyNow(id, [del('k', 25), del('k', 30)])).toEqual(['mixed', 'mixed']);
    expect(deletions.classifyNow(id, [del('k', 40)])).toEqual(['expired']);
  });

  it('says mixed at once while events are lost, and recovers', async () => {
    const waiting = ask([del('a', 10)]);
    events.down('the connection broke');
    await settle();
    expect([waiting.verdicts, active()]).toEqual([['mixed'], ['keyspace-events']]);
    expect(deletions.classifyNow(id, [del('b', 20)])).toEqual(['mixed']);
    events.offset = 30;
    events.up();
    expect(active()).toEqual([]);
    expect(deletions.classifyNow(id, [del('c', 30)])).toEqual(['mixed']);
    events.offset = 40;
    clock.pass(100);
    const after = ask([del('d', 40)]);
    events.answer();
    await settle();
    expect(after.verdicts).toEqual(['user']);
    expect(tallies.deletions).toEqual({ mixed: 3, user: 1 });
  });

  it('gives up a fence that does not come, holds nobody up, and recovers', async () => {
    events.offset = 10;
    const waiting = ask([del('a', 10)]);
    clock.pass(2000);
    await settle();
    expect([waiting.verdicts, active()]).toEqual([['mixed'], ['keyspace-events']]);
    expect(deletions.classifyNow(id, [del('b', 10)])).toEqual(['mixed']);
    clock.pass(1000);
    expect(events.asked).toBe(2);
    events.offset = 20;
    events.answer(1);
    expect(active()).toEqual([]);
    const after = ask([del('c', 20)]);
    events.answer();
    clock.pass(2);
    events.answer();
    await settle();
    expect(after.verdicts).toEqual(['user']);
    clock.pass(10_000);
    expect(events.asked).toBe(3);
  });

  it('judges what waits together, each answer its own part', async () => {
    events.event(0, 'k', 'expired', 10);
    events.offset = 40;
    const answers = [ask([del('k', 10), del('u', 10)]), ask([del('k', 30)]), ask([del('v', 40)])];
    events.answer();
    clock.pass(2);
    events.answer();
    await settle();
    expect(answers.map(({ verdicts }) => verdicts)).toEqual([['mixed', 'user'], ['mixed'], ['user']]);
  });

  it('an expiry whose event fell into the gap is never a user’s', async () => {
    events.event(0, 'e', 'expired', 10);
    ask([del('a', 5)]);
    clock.pass(2000);
    events.answer();
    const answer = ask([del('e', 10)]);
    await settle();
    expect(answer.verdicts).toEqual(['mixed']);
  });

  it('tells when events and stream come from different masters, until they do not', async () => {
    events.offset = 10;
    const stray = ask([del('a', 10)], other);
    events.answer();
    await settle();
    expect([stray.verdicts, active()]).toEqual([['mixed'], ['keyspace-events-elsewhere']]);
    clock.pass(2);
    const behind = ask([del('b', 11)]);
    events.answer();
    await settle();
    expect(behind.verdicts).toEqual(['mixed']);
    clock.pass(2);
    events.offset = 20;
    const good = ask([del('c', 20)]);
    events.answer();
    await settle();
    expect([good.verdicts, active()]).toEqual([['user'], []]);
  });

  it('asks for a fence when the stream is read under another history than the events were', async () => {
    deletions.attached(id);
    expect(events.asked).toBe(0);
    events.replicationId = other;
    deletions.attached(other);
    expect(events.asked).toBe(1);
    events.answer();
    events.offset = 10;
    clock.pass(2);
    const first = ask([del('a', 10)], other);
    events.answer();
    await settle();
    expect(first.verdicts).toEqual(['user']);
  });

  it('without events every delete is a client’s', async () => {
    const plain = new Deletions({ events: undefined, alarms, tallies, timers: clock });
    plain.start();
    expect(await plain.classify(id, [del('a', 10)])).toEqual(['user']);
    await plain.close();
  });

  it('answers what waits when it is closed, and hears no more', async () => {
    const waiting = ask([del('a', 10)]);
    await deletions.close();
    await settle();
    expect(waiting.verdicts).toEqual(['mixed']);
    deletions.lost('x');
    clock.pass(100_000);
    expect([events.asked, active()]).toEqual([1, []]);
  });
});
