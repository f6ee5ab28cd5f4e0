/** The auditor over one model: what is on its way, what has been seen, what is not looked at. */
import { describe, expect, it, vi } from 'vitest';
import { decideOp } from '../apply/decide-op.ts';
import { Effects } from '../apply/effects.ts';
import { fromByteString } from '../bytes/byte-string.ts';
import { entryCell, idFrom } from '../commands/stream-cells.ts';
import type { Op } from '../entry/entry.ts';
import { Model } from '../merge/model.ts';
import { maxAtRisk } from './at-risk.ts';
import { Auditor } from './auditor.ts';
import type { Conflict } from './conflict.ts';

const at = { db: 0, index: 0, key: 'k' };
const bytes = fromByteString;
const set = (value: string): Op => ({ ...at, type: 'assign', value: bytes(value), expiry: null });
const member = (name: string): Op => ({ ...at, type: 'member', member: name, present: true });
const added = (text: string): Op => ({
  ...{ ...at, type: 'stream', cell: entryCell(idFrom(1n, 1n)) },
  value: [bytes('f'), bytes(text)],
});
const deleted: Op = { ...at, type: 'delete' };

/** Site 1, and what it hears of site 2. */
class Site {
  readonly model = new Model(0, 1);
  readonly found: Conflict[] = [];
  passedOver = 0;
  heard = 0;

  constructor() {
    this.model.auditTo({
      heard: () => this.heard,
      found: (conflict) => this.found.push(conflict),
      passedOver: (count) => {
        this.passedOver += count;
      },
    });
  }

  local(time: number, op: Op): void {
    this.model.mergeLocal(op, { time, priority: 1, origin: 'a/main/1' });
  }

  /** Decides another site's op. @param seen - what its writer knew of ours. */
  remote(time: number, op: Op, seen: number | undefined = 0): void {
    const { state } = decideOp(this.model, op, { time, priority: 2, origin: 'b/main/1', seen }, new Effects());
    state.inFlight++;
  }

  get lines(): string[] {
    return this.found.map(({ kind, cell, winner, loser }) => `${kind}[${cell}] ${winner.time} over ${loser.time}`);
  }
}

const play = (...steps: ((site: Site) => void)[]): Site => {
  const site = new Site();
  for (const step of steps) step(site);
  return site;
};

describe('what was decided and is on its way', () => {
  it('has lost to a local write that came before it', () => {
    const site = play(
      (one) => one.remote(10, set('theirs')),
      (one) => one.local(20, set('ours')),
    );
    expect(site.lines).toEqual(['string[] 20 over 10']);
    expect(site.found[0]!.discarded).toEqual(bytes('theirs'));
  });

  it('is overwritten in turn once it has been seen', () => {
    const site = play(
      (one) => one.remote(10, set('theirs')),
      (one) => {
        one.heard = 10;
        one.local(20, set('ours'));
      },
    );
    expect(site.lines).toEqual([]);
  });

  it('is a deletion that a local write outlives: once', () => {
    const site = play(
      (one) => one.remote(10, deleted),
      (one) => one.local(20, member('m')),
      (one) => one.local(30, member('n')),
    );
    expect(site.lines).toEqual(['delete[] 20 over 10']);
  });

  it('is a deletion that had lost already: once', () => {
    const site = play(
      (one) => one.local(20, member('m')),
      (one) => one.remote(10, deleted),
      (one) => one.local(30, member('n')),
    );
    expect(site.lines).toEqual(['delete[] 20 over 10']);
  });

  it('loses nothing to the same value', () => {
    const site = play(
      (one) => one.remote(10, set('same')),
      (one) => one.local(20, set('same')),
    );
    expect(site.lines).toEqual([]);
  });
});

describe('what another site had seen', () => {
  it('is overwritten in turn', () => {
    const site = play(
      (one) => one.local(10, set('ours')),
      (one) => one.remote(20, set('theirs'), 10),
    );
    expect(site.lines).toEqual([]);
  });

  it('or not: then it has lost, once', () => {
    const site = play(
      (one) => one.local(10, set('ours')),
      (one) => one.remote(20, set('theirs'), 9),
      (one) => one.remote(30, set('theirs again'), 9),
    );
    expect(site.lines).toEqual(['string[] 20 over 10']);
  });

  it('nobody knows: nothing is said', () => {
    const site = play(
      (one) => one.local(10, set('ours')),
      (one) => one.model.merge(set('theirs'), { time: 20, priority: 2, origin: 'b/main/1' }),
    );
    expect(site.lines).toEqual([]);
  });

  it('what it names in a state counts, be it less than it had settled', () => {
    const content = { kind: 'string', value: bytes('theirs') } as const;
    const site = play(
      (one) => one.local(10, set('ours')),
      (one) => one.remote(20, { ...at, type: 'state', content, expiry: null, covers: [[1, 5]] }, 15),
    );
    expect(site.lines).toEqual(['string[] 20 over 10']);
  });
});

describe('what commands run one upon the other have made', () => {
  const command = (adds: boolean, args: string, base = 0): Op => ({
    ...{ ...at, type: 'guarded', kind: 'list', base: { stable: base }, args: args.split(' ').map(bytes), adds },
  });
  const told = (covers: number | null, again?: true): Op => ({
    ...{ ...at, type: 'state', content: { kind: 'list', elements: [bytes('o')] }, expiry: null },
    ...{ covers: covers === null ? null : [[1, covers] as const, [2, covers] as const], ...(again && { again }) },
  });
  const took = (one: Site): void => one.local(10, command(false, 'LPOP k'));

  it('has lost what it took away, where another site tells the list without that: once', () => {
    const site = play(
      took,
      (one) => one.remote(30, told(5)),
      (one) => one.remote(40, told(5)),
    );
    expect(site.lines).toEqual(['list[] 30 over 10']);
  });

  it('has lost that however often it is told again', () => {
    const site = play(
      took,
      (one) => one.local(20, told(0, true)),
      (one) => one.local(21, told(0, true)),
      (one) => one.remote(30, told(5)),
    );
    expect(site.lines).toEqual(['list[] 30 over 10']);
  });

  it('has lost nothing that it only told again', () => {
    const over = (one: Site): void => one.local(30, told(10));
    expect(play((one) => one.remote(20, told(5, true)), over).lines).toEqual([]);
    expect(play((one) => one.remote(20, told(5)), over).lines).toEqual(['list[] 30 over 20']);
    expect(play(over, (one) => one.remote(20, told(5, true))).lines).toEqual([]);
    expect(play(over, (one) => one.remote(20, told(5))).lines).toEqual(['list[] 30 over 20']);
  });

  it('has lost nothing that its site adds again: not where a list is only told', () => {
    const pushed = (one: Site): void => one.remote(20, command(true, 'RPUSH k a'));
    expect(play(pushed, (one) => one.local(30, told(10))).lines).toEqual([]);
    expect(play(pushed, (one) => one.local(30, told(null))).lines).toEqual(['list[] 30 over 20']);
    expect(play(pushed, (one) => one.local(30, deleted)).lines).toEqual(['list[] 30 over 20']);
  });
});

it('a deletion of ours is on record once for each site that outlives it', () => {
  const site = play(
    (one) => one.local(10, deleted),
    (one) => one.remote(20, member('m')),
    (one) => one.remote(30, member('n')),
  );
  expect(site.lines).toEqual(['delete[] 20 over 10']);
});

it('a score that a range has taken away is on record once', () => {
  const range = { ...at, type: 'range', by: 'score', min: '0', max: '9' } as const;
  const site = play(
    (one) => one.local(10, { ...at, type: 'score', member: 'm', score: 5 }),
    (one) => one.remote(20, range),
    (one) => one.remote(30, range),
    (one) => one.remote(40, deleted),
  );
  expect(site.lines).toEqual(['zset[m] 20 over 10']);
});

describe('streams', () => {
  it('an ID given twice: the entry of the lower priority moves', () => {
    const site = play(
      (one) => one.local(10, added('ours')),
      (one) => one.remote(20, added('theirs')),
    );
    expect(site.lines).toEqual(['stream[1-1] 20 over 10']);
    expect(site.found[0]!.moved).toMatch(/^1-\d{6,}$/);
  });

  it('an entry that a deletion elsewhere takes away', () => {
    const site = play(
      (one) => one.local(10, added('ours')),
      (one) => one.remote(20, deleted),
    );
    expect(site.lines).toEqual(['stream[1-1] 20 over 10']);
    expect(site.found[0]!.discarded).toEqual([bytes('f'), bytes('ours')]);
  });

  it('an entry of theirs that a deletion here takes away', () => {
    const site = play(
      (one) => one.local(20, deleted),
      (one) => one.remote(10, added('theirs')),
    );
    expect(site.lines).toEqual(['stream[1-1] 20 over 10']);
  });

  it('an entry of ours that they trim: once', () => {
    const site = play(
      (one) => one.local(10, added('ours')),
      (one) => one.remote(20, { ...at, type: 'trim', before: idFrom(9n, 0n) }),
      (one) => one.remote(30, { ...at, type: 'trim', before: idFrom(10n, 0n) }),
      (one) => one.remote(40, deleted),
    );
    expect(site.lines).toEqual(['stream[1-1] 20 over 10']);
  });
});

it(`looks at ${maxAtRisk} writes of a key, and counts the rest`, () => {
  const site = play(
    (one) => {
      for (let i = 0; i < maxAtRisk + 7; i++) one.local(10 + i, member(`m${i}`));
    },
    (one) => one.remote(9000, deleted),
  );
  expect([site.found.length, site.passedOver]).toEqual([maxAtRisk, 7]);
});

describe('the ordinary case', () => {
  it('costs one comparison', () => {
    const watch = vi.spyOn(Auditor.prototype, 'watch');
    const hear = (seen: number): number => {
      const site = play((one) => one.local(10, set('ours')));
      watch.mockClear();
      site.model.merge(member('m'), { time: 20, priority: 2, origin: 'b/main/1', seen });
      return watch.mock.calls.length;
    };
    expect([hear(10), hear(9)]).toEqual([0, 1]);
    watch.mockRestore();
  });
});
