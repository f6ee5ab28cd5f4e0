/**
 * Guarded commands do not commute; a protocol makes up for it. Sites push and pop; each log arrives in order, in any
 * interleaving; what does not fit is asked for, and what a state does not include is added again.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anySteps } from '../../test-support/arbitrary-steps.ts';
import { Mesh, type MeshSite, type Step, type UserCommand } from '../../test-support/mesh.ts';
import { show } from '../../test-support/show-entries.ts';

const runs = 120;
const is = fc.constant;
const key = fc.constantFrom('k', 'k', 'k', 'l');
const count = fc.constantFrom('1', '1', '2');
/** Stands for an element that nobody else pushes. */
const element = is('?');

const push = fc.oneof(
  fc.tuple(fc.constantFrom('RPUSH', 'LPUSH'), key, element),
  fc.tuple(is('RPUSH'), key, element, element),
);
const pop = fc.tuple(fc.constantFrom('LPOP', 'RPOP'), key, count);
const trim = fc.tuple(is('LTRIM'), key, fc.constantFrom('0', '1'), fc.constantFrom('-1', '1'));
const turn = fc.tuple(is('LMOVE'), is('k'), is('k'), fc.constantFrom('LEFT', 'RIGHT'), is('LEFT'));
const move = fc.tuple(
  is('LMOVE'),
  is('k'),
  is('l'),
  fc.constantFrom('LEFT', 'RIGHT'),
  fc.constantFrom('LEFT', 'RIGHT'),
);
const remove = fc.tuple(is('DEL'), key);
const other = fc.oneof(fc.tuple(is('SET'), key, is('s')), fc.tuple(is('SADD'), key, is('m')));

const flush: fc.Arbitrary<string[]> = fc.constantFrom(['FLUSHDB'], ['FLUSHDB'], ['FLUSHALL']);

type Args = fc.Arbitrary<string[]>;
const histories: readonly (readonly [string, Args])[] = [
  ['pushes', push],
  ['pushes and pops', fc.oneof(push, push, pop)],
  ['pushes, pops, trims, turns', fc.oneof(push, push, pop, trim, turn)],
  ['pushes, pops, moves between lists', fc.oneof(push, push, pop, move)],
  ['pushes, pops, deletes', fc.oneof(push, push, push, pop, remove)],
  ['pushes, pops, deletes, other kinds', fc.oneof(push, push, push, push, pop, remove, other)],
  ['pushes, pops, deletes, flushes', fc.oneof(push, push, push, push, pop, remove, flush)],
  ['pushes, pops, moves, other kinds, flushes', fc.oneof(push, push, push, push, pop, move, other, flush)],
];

/** What became of the elements that a history pushed. */
class Elements {
  #next = 0;
  /** By element: the key it was pushed to. */
  readonly pushed = new Map<string, string>();
  readonly removed = new Set<string>();
  /** Keys whose data may have been lost to something newer. */
  readonly overwritten = new Set<string>();

  /** Gives a command's elements names, and notes what it removes where it runs. */
  readonly prepare = (site: MeshSite, command: UserCommand): UserCommand => {
    const args = command.args.map((arg) => (arg === '?' ? `e${++this.#next}` : arg));
    const [name, id = ''] = args;
    if (name === 'RPUSH' || name === 'LPUSH') for (const one of args.slice(2)) this.pushed.set(one, id);
    else if (name === 'DEL' || name === 'SET' || name === 'SADD') this.overwritten.add(id);
    else if (name === 'FLUSHDB' || name === 'FLUSHALL') for (const one of ['k', 'l']) this.overwritten.add(one);
    const held = [...(site.keyspace.find(0, id)?.cells.values() ?? [])] as string[];
    if (name === 'LPOP') for (const one of held.slice(0, Number(args[2]))) this.removed.add(one);
    else if (name === 'RPOP') for (const one of held.slice(-Number(args[2]))) this.removed.add(one);
    else if (name === 'LTRIM') for (const one of trimmed(held, Number(args[2]), Number(args[3]))) this.removed.add(one);
    else if (name === 'LMOVE' && args[2] !== id) {
      // It goes on under another key; popped at two sites, it may stand there twice.
      this.removed.add((args[3] === 'LEFT' ? held[0] : held.at(-1)) ?? '');
    }
    return { ...command, args };
  };
}

function trimmed(held: readonly string[], from: number, to: number): readonly string[] {
  return held.filter((_, i) => i < from || (to >= 0 && i > to));
}

function run(count: number, steps: readonly Step[], elements: Elements, forgetting: boolean): Mesh {
  const mesh = new Mesh(count, forgetting, undefined, elements.prepare);
  for (const step of steps) mesh.step(step);
  mesh.settle();
  return mesh;
}

describe.each(histories)('merge rule: guarded commands, %s', (_name, args) => {
  const sites = fc.integer({ min: 2, max: 4 });
  const steps = anySteps(
    args.map((words) => ({ db: 0, args: words })),
    30,
  );

  it('every site ends with the same, and what nobody removed is there once', () => {
    fc.assert(
      fc.property(sites, steps, fc.boolean(), (number, history, forgetting) => {
        const elements = new Elements();
        const mesh = run(number, history, elements, forgetting);
        const [first, ...others] = mesh.sites.map((site) => site.keyspace.readout());
        for (const one of others) expect(one, show(mesh.entries())).toEqual(first);
        for (const [one, id] of elements.pushed) {
          const held = [...(mesh.sites[0]!.keyspace.find(0, id)?.cells.values() ?? [])].filter(
            (value) => value === one,
          );
          if (elements.removed.has(one) || elements.overwritten.has(id)) expect(held.length).toBeLessThan(2);
          else expect(held, `${one}\n${show(mesh.entries())}`).toHaveLength(1);
        }
      }),
      { numRuns: runs },
    );
  });
});

it('what was pushed to a list that another site had emptied, and told of first, is added again as often as it takes', () => {
  const elements = new Elements();
  const write = (site: number, ...commands: string[]): Step => ({
    ...{ do: 'write', site },
    unit: commands.map((command) => ({ db: 0, args: command.split(' ') })),
  });
  const steps = [
    write(0, 'RPUSH k a b', 'LMOVE k l LEFT LEFT'),
    write(1, 'RPUSH k c d', 'LPOP k 1'),
    write(1, 'LMOVE k l LEFT LEFT', 'RPUSH l e'),
    write(0, 'RPUSH k f', 'RPUSH l g h'),
    write(1, 'RPUSH k i j', 'LPOP l 2'),
  ];
  const mesh = run(2, steps, elements, false);
  for (const { keyspace } of mesh.sites) {
    const held = [...(keyspace.find(0, 'l')?.cells.values() ?? [])];
    expect(held.filter((one) => one === 'g' || one === 'h').sort(), show(mesh.entries())).toEqual(['g', 'h']);
  }
});

it('what a unit pushed before and after it moved something to the same list is there once', () => {
  const elements = new Elements();
  const write = (site: number, ...commands: string[]): Step => ({
    ...{ do: 'write', site },
    unit: commands.map((command) => ({ db: 0, args: command.split(' ') })),
  });
  const steps: readonly Step[] = [
    write(0, 'RPUSH k a b', 'RPUSH l c d', 'LMOVE k l LEFT LEFT', 'RPUSH l e f'),
    { do: 'deliver', from: 0, to: 1, entries: 1 },
    write(1, 'LMOVE k l LEFT LEFT', 'LPOP l 1'),
  ];
  const mesh = run(2, steps, elements, false);
  for (const { keyspace } of mesh.sites) {
    const held = [...(keyspace.find(0, 'l')?.cells.values() ?? [])] as string[];
    expect(held.filter((one) => one !== 'a').sort(), show(mesh.entries())).toEqual(['c', 'd', 'e', 'f']);
  }
});
