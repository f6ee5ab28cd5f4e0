import { fromByteString, toByteString } from '@entwine/core';
import { expect, test } from 'vitest';
import { ReplicationLog } from './replication-log.ts';

const [id, next] = ['a'.repeat(40), 'b'.repeat(40)];

test('a command selects its database when another one is selected', () => {
  const log = new ReplicationLog(id, 0, 1000);
  log.write(2, ['SET', 'a', '1']);
  log.write(2, ['DEL', 'a']);
  log.write(0, ['DEL', 'b']);
  const text = toByteString(log.bytes(0));
  expect(text.match(/SELECT\r\n\$1\r\n\d/g)).toEqual(['SELECT\r\n$1\r\n2', 'SELECT\r\n$1\r\n0']);
  expect(text.endsWith('*2\r\n$3\r\nDEL\r\n$1\r\nb\r\n')).toBe(true);
});

test('bytes are had from every offset that is kept', () => {
  const log = new ReplicationLog(id, 100, 1000);
  for (const text of ['abc', 'd', 'efgh']) log.append(fromByteString(text));
  for (let from = 100; from <= 108; from++) expect(toByteString(log.bytes(from))).toBe('abcdefgh'.slice(from - 100));
  expect(() => log.bytes(99)).toThrow(RangeError);
  expect(() => log.bytes(109)).toThrow(RangeError);
});

test('the backlog keeps as many bytes as it shall, and hardly more', () => {
  const log = new ReplicationLog(id, 0, 100);
  for (let count = 0; count < 5000; count++) log.append(fromByteString('seven..'));
  expect(log.end).toBe(35_000);
  expect(log.end - log.start).toBeGreaterThanOrEqual(100);
  expect(log.end - log.start).toBeLessThan(120);
  for (let from = log.start; from <= log.end; from++)
    expect(toByteString(log.bytes(from))).toBe('seven..'.repeat(20).slice(140 - (log.end - from)));
  expect(log.continues({ replicationId: id, offset: log.start })).toBe(true);
  expect(log.continues({ replicationId: id, offset: log.start - 1 })).toBe(false);
});

test('an earlier history goes on up to where the new one begins, and no further', () => {
  const log = new ReplicationLog(id, 0, 1000);
  log.append(fromByteString('before'));
  log.begin(next);
  log.append(fromByteString('after'));
  const may = (replicationId: string, offset: number): boolean => log.continues({ replicationId, offset });
  expect([may(id, 0), may(id, 6), may(id, 7), may(id, 11)]).toEqual([true, true, false, false]);
  expect([may(next, 0), may(next, 11), may(next, 12)]).toEqual([true, true, false]);
  expect(may('c'.repeat(40), 6)).toBe(false);
});
