import { expect, test } from 'vitest';
import { type ModelClient, RedisModel } from './redis-model.ts';
import type { ModelReply } from './reply.ts';

let now = 1_000_000;
const model = new RedisModel({ replicationId: '0'.repeat(40), now: () => now, random: () => 0 });
const run = (client: ModelClient, text: string): ModelReply => model.execute(client, text.split(' '));

/** What EXEC replies to one who has watched `w` while something happened. */
function execAfter(happens: (other: ModelClient) => void, before: string = 'SET w 1'): ModelReply {
  const [watcher, other] = [model.connect(), model.connect()];
  run(other, before);
  run(watcher, 'WATCH w');
  happens(other);
  run(watcher, 'MULTI');
  run(watcher, 'ECHO done');
  return run(watcher, 'EXEC');
}

test.each([
  ['a command of another client', (other: ModelClient) => run(other, 'SET w 1')],
  ['a transaction', (other: ModelClient) => ['MULTI', 'APPEND w x', 'EXEC'].map((text) => run(other, text))],
  ['a script', (other: ModelClient) => model.script(other, ({ call }) => call('DEL', 'w'))],
  ['an eviction', () => model.evict(0, 'w')],
])('%s breaks a watch', (_name, happens) => {
  expect(execAfter(happens)).toBeNull();
});

test.each([
  ['a command that changes nothing', (other: ModelClient) => run(other, 'SETNX w 2')],
  ['another key', (other: ModelClient) => run(other, 'SET v 2')],
  ['the same key of another database', (other: ModelClient) => ['SELECT 1', 'SET w 2'].map((text) => run(other, text))],
])('%s does not', (_name, happens) => {
  expect(execAfter(happens)).toEqual(['done']);
});

test('a key that expires meanwhile breaks a watch, whether the server has deleted it or not', () => {
  const pass = (): void => {
    now += 2000;
  };
  const passAndDelete = (): void => {
    pass();
    expect(model.expireSome()).toBe(1);
  };
  expect(execAfter(pass, 'SET w 1 EX 1')).toBeNull();
  expect(execAfter(passAndDelete, 'SET w 1 EX 1')).toBeNull();
});

test('a client that has gone watches nothing, and what it had queued is gone', () => {
  const client = model.connect();
  run(client, 'WATCH w');
  run(client, 'MULTI');
  model.disconnect(client);
  run(model.connect(), 'SET w 3');
  expect(run(client, 'EXEC')).toEqual({ error: 'ERR EXEC without MULTI' });
  run(client, 'MULTI');
  expect(run(client, 'EXEC')).toEqual([]);
});
