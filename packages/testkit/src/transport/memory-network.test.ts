import { describe, test } from 'vitest';
import { type MemoryNetworkOptions, memoryNetwork } from './memory-network.ts';
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
