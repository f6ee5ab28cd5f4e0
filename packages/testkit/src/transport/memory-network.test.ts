import { describe, expect, test } from 'vitest';
import { type MemoryNetworkOptions, memoryNetwork } from './memory-network.ts';
import { RecordingHost } from './recording-host.ts';
import { type TransportWorld, transportConformance } from './transport-conformance.ts';

function world(options: MemoryNetworkOptions): TransportWorld {
  const network = memoryNetwork(options);
  return {
    transport: (site) => network.transport(site),
    cut: (a, b) => {
      network.cut(a, b);
      network.heal(a, b);
    },
    close: () => Promise.resolve(),
  };
}

/** Small and well known: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Steps run late, in an order of chance, and one batch in ten is lost. */
function hostile(seed: number): MemoryNetworkOptions {
  const random = seeded(seed);
  const waiting: (() => void)[] = [];
  return {
    drop: () => random() < 0.1,
    schedule: (step) => {
      waiting.push(step);
      setImmediate(() => waiting.splice(Math.floor(random() * waiting.length), 1)[0]?.());
    },
  };
}

describe('memory network', () => {
  for (const { name, run } of transportConformance) test(name, () => run(() => Promise.resolve(world({}))));
});

for (const seed of [1, 2, 3]) {
  describe(`memory network, late and lossy, seed ${seed}`, () => {
    for (const { name, run } of transportConformance) {
      test(name, () => run(() => Promise.resolve(world(hostile(seed)))));
    }
  });
}

describe('memory network, by its options', () => {
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  test('delivers batches again when told so, with what was written behind them', async () => {
    const kept: ((longer: boolean) => void)[] = [];
    const network = memoryNetwork({ repeat: (_route, again) => kept.push(again) });
    const [a, b] = [new RecordingHost('a'), new RecordingHost('b')];
    await a.attach(network.transport('a'));
    await b.attach(network.transport('b'));
    a.append(3, 40);
    await settled();
    a.append(2, 40);
    await settled();
    expect(b.deliveries).toBe(2);
    kept[0]!(false);
    kept[0]!(true);
    expect(b.deliveries).toBe(4);
    expect(b.received.get(a.origin)).toBe(5);
    network.cut('a', 'b');
    kept[0]!(false);
    expect(b.deliveries).toBe(4);
    expect(b.faults).toEqual([]);
  });

  test('lets a second transport of a site take the place of the first', async () => {
    const network = memoryNetwork({ replaces: true });
    const [a, first, second] = [new RecordingHost('a'), new RecordingHost('b'), new RecordingHost('b')];
    await a.attach(network.transport('a'));
    await first.attach(network.transport('b'));
    await second.attach(network.transport('b'));
    a.append(3, 40);
    await settled();
    expect([first.received.get(a.origin), second.received.get(a.origin)]).toEqual([undefined, 3]);
  });
});
