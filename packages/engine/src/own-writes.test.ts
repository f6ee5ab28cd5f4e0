import { decideOp, Effects, type Op, timeOfUnix, type Unit } from '@entwine/core';
import { expect, it } from 'vitest';
import { command, startMs } from '../test-support/entries.ts';
import { partShard, replicationId } from '../test-support/part-shard.ts';
import { OwnWrites, type OwnWritesParts } from './own-writes.ts';

it('a question asked amid backlog does not date what follows it', () => {
  const { shard } = partShard();
  const own = new OwnWrites({ shard } as OwnWritesParts);
  const committed = timeOfUnix(startMs - 3_600_000);
  shard.clock.observe(committed);
  shard.at = { replicationId, offset: 50, db: 0 };
  own.attached(100);
  expect(own.tick(50)).toBe(committed + 1);
  own.want(0, 'k', { time: committed, priority: 2, index: 0 });
  expect(own.tick(60)).toBe(committed + 3);
  expect(own.tick(100)).toBe(committed + 4);
  expect(own.tick(101)).toBe(timeOfUnix(startMs));
});

it.each([
  ['lately', 600],
  ['long before', 600_000],
])('a key that the server has ended inside a call of ours ends, where its expiry was forgotten %s', (_when, ms) => {
  const { shard } = partShard();
  const own = new OwnWrites({ shard } as OwnWritesParts);
  const cell = { db: 0, key: 'k' } as const;
  const made = timeOfUnix(startMs - ms);
  const value = new Uint8Array([48]);
  const set: Op = { type: 'assign', ...cell, index: 0, value, expiry: startMs - 1 };
  shard.model.merge(set, { time: made, priority: 1, origin: shard.origin });
  const base = { stable: made + 1 };
  const count: Op = { type: 'count', ...cell, index: 0, cell: 'string', field: '', base, sum: 1n, by: 1n, previous: 0 };
  const stamp = { time: timeOfUnix(startMs - 1), priority: 2, origin: 'b/main/b1', cut: made + 1 };
  decideOp(shard.model, count, stamp, new Effects());
  const commands = [command('DEL', 'k'), command('INCRBY', 'k', '1')].map((told) => ({ command: told, db: 0 }));
  const { entry, suspects } = own.expired({ commands, end: 1, db: 0 } as unknown as Unit);
  expect(suspects).toEqual([]);
  expect(entry).toMatchObject({
    ops: [{ type: 'end', key: 'k', expires: true, ...(ms < 60_000 && { at: startMs - 1 }) }],
  });
});
