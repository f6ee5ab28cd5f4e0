import { timeOfUnix } from '@entwine/core';
import { expect, it } from 'vitest';
import { startMs } from '../test-support/entries.ts';
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
