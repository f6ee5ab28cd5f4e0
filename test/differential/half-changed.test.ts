import { expect, test } from 'vitest';
import { halfChanged } from './half-changed.ts';
import { Refused } from './raw-connection.ts';

const damaged = new Refused('INVALIDOBJ Corrupted HLL object detected');
const other = new Refused('WRONGTYPE Operation against a key holding the wrong kind of value');

test('names the keys whose PFADD failed on a damaged sketch, alone and in transactions', () => {
  expect(
    halfChanged([
      { db: 1, command: ['PFADD', 'alone', 'e'], reply: damaged },
      { db: 0, command: ['PFADD', 'fine', 'e'], reply: 1 },
      { db: 0, command: ['PFADD', 'no sketch', 'e'], reply: other },
      { db: 0, command: ['PFMERGE', 'unchanged', 'alone'], reply: damaged },
      { db: 0, command: ['MULTI'], reply: 'OK' },
      { db: 0, command: ['PFADD', 'kept', 'e'], reply: 'QUEUED' },
      { db: 2, command: ['PFADD', 'inside', 'e'], reply: 'QUEUED' },
      { db: 2, command: ['EXEC'], reply: [1, damaged] },
      { db: 0, command: ['MULTI'], reply: 'OK' },
      { db: 0, command: ['PFADD', 'given up', 'e'], reply: 'QUEUED' },
      { db: 0, command: ['EXEC'], reply: null },
    ]),
  ).toEqual([
    { db: 1, key: 'alone' },
    { db: 2, key: 'inside' },
  ]);
});
