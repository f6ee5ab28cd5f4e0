import { describe, expect, test } from 'vitest';
import { DialHandshake } from './dial-handshake.ts';
import { encodeFrame } from './encode-frame.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { type FrameType, frameType } from './frame-type.ts';
import type { Identity } from './identity.ts';
import { ListenHandshake } from './listen-handshake.ts';
import { writeHello } from './messages.ts';

const token = 'a token for the tests';

function identity(site: string, change: Partial<Identity> = {}): Identity {
  const others = ['a', 'b', 'c'].filter((peer) => peer !== site);
  const peers = new Map(others.map((peer) => [peer, { site: peer, host: '127.0.0.1', port: 1 }]));
  const priority = change.priority ?? site.charCodeAt(0);
  return {
    site,
    shard: 'one',
    deployment: 'test',
    priority,
    policies: '',
    entrySchema: { current: 2, oldest: 1 },
    token,
    peers,
    priorities: new Map([[site, priority]]),
    ...change,
  };
}

function open(frame: Uint8Array): { readonly type: FrameType; readonly payload: Uint8Array } {
  const decoder = new FrameDecoder(4096);
  decoder.push(frame);
  const result = decoder.next();
  if (result.kind !== 'frame') throw new Error('no frame');
  return result;
}

/** Lets b dial a. @returns where the log begins, or the first refusal and by whom. */
function meet(b: Identity, a: Identity, seen: Uint8Array[] = [], wanted = 'a'): unknown {
  const terms = { window: 1000, maxFrame: 2000, receivedUpTo: () => 41 };
  const dial = new DialHandshake(b, wanted, terms, new Uint8Array(32).fill(1));
  const log = { origin: `${a.site}/${a.shard}/7`, ownRange: () => ({ first: 1, last: 100 }) };
  const listen = new ListenHandshake(a, log, new Uint8Array(32).fill(2));
  let frame = dial.hello();
  for (let i = 0; i < 3; i++) {
    seen.push(frame);
    const { type, payload } = open(frame);
    const answer = listen.step(type, payload);
    if (answer.kind === 'refuse') return `listener: ${answer.error.code}`;
    const reply = answer.kind === 'done' ? encodeFrame(frameType.ready, new Uint8Array(0)) : answer.send;
    seen.push(reply);
    const { type: replyType, payload: replyPayload } = open(reply);
    const next = dial.step(replyType, replyPayload);
    if (next.kind === 'refuse') return `dialer: ${next.error.code}`;
    if (next.kind === 'done') return { ...next.done, asked: answer.kind === 'done' ? answer.done : undefined };
    frame = next.send;
  }
  return 'no end';
}

describe('handshake', () => {
  test('agrees on where to begin', () => {
    expect(meet(identity('b'), identity('a'))).toEqual({
      origin: 'a/one/7',
      from: 42,
      policies: '',
      asked: { site: 'b', from: 42, window: 1000, maxFrame: 2000 },
    });
  });

  test('the dialer is told which policies the listener has', () => {
    expect(meet(identity('b'), identity('a', { policies: '0123abcd' }))).toMatchObject({ policies: '0123abcd' });
  });

  test('what is no digest is malformed', () => {
    expect(meet(identity('b'), identity('a', { policies: 'x'.repeat(9) }))).toBe('dialer: violation');
  });

  test('never sends the token', () => {
    const seen: Uint8Array[] = [];
    meet(identity('b'), identity('a'), seen);
    expect(seen.length).toBe(6);
    expect(Buffer.concat(seen).includes(token)).toBe(false);
  });

  test.each<readonly [string, Identity, Identity]>([
    ['listener: wrong-token', identity('b', { token: 'another token altogether' }), identity('a')],
    ['listener: wrong-token', identity('b', { token: undefined }), identity('a')],
    ['listener: wrong-token', identity('b'), identity('a', { token: undefined })],
    ['listener: other-deployment', identity('b', { deployment: 'prod' }), identity('a')],
    ['listener: own-site', identity('a', { priority: 1 }), identity('a')],
    ['listener: unknown-site', identity('d'), identity('a')],
    ['listener: wrong-site', identity('b'), identity('c')],
    ['listener: wrong-shard', identity('b', { shard: 'two' }), identity('a')],
    ['listener: entry-schema', identity('b', { entrySchema: { current: 1, oldest: 0 } }), identity('a')],
    ['listener: entry-schema', identity('b', { entrySchema: { current: 4, oldest: 3 } }), identity('a')],
    ['listener: duplicate-priority', identity('b', { priority: 97 }), identity('a')],
    ['listener: duplicate-priority', identity('b'), identity('a', { priorities: new Map([['c', 98]]) })],
    [
      'listener: other-priority',
      identity('b'),
      identity('a', { peers: new Map([['b', { site: 'b', host: '', port: 1, priority: 5 }]]) }),
    ],
    [
      'dialer: other-priority',
      identity('b', { peers: new Map([['a', { site: 'a', host: '', port: 1, priority: 5 }]]) }),
      identity('a'),
    ],
  ])('%s', (outcome, b, a) => {
    expect(meet(b, a)).toBe(outcome);
  });

  test('reads a newer schema range that still covers what is written', () => {
    expect(meet(identity('b', { entrySchema: { current: 3, oldest: 2 } }), identity('a'))).toMatchObject({ from: 42 });
  });

  test('refuses a listener that sends the dialer its own proof back', () => {
    const terms = { window: 1000, maxFrame: 2000, receivedUpTo: () => 0 };
    const dial = new DialHandshake(identity('b'), 'a', terms, new Uint8Array(32));
    const step = dial.step(frameType.challenge, new Uint8Array([0, 1, ...new Uint8Array(32)]));
    if (step.kind !== 'continue') throw new Error('expected a proof');
    expect(dial.step(frameType.welcome, open(step.send).payload)).toMatchObject({ error: { code: 'wrong-token' } });
  });

  test('names versions of the protocol that it does not speak', () => {
    const log = { origin: 'a/one/1', ownRange: () => ({ first: 1, last: 0 }) };
    const { site, shard, deployment, priority, entrySchema } = identity('b');
    const hello = { site, shard, deployment, priority, entrySchema, wanted: { site: 'a', shard } };
    const answer = (current: number, oldest: number): unknown => {
      const payload = writeHello(hello, { current, oldest }, new Uint8Array(32));
      const step = new ListenHandshake(identity('a'), log, new Uint8Array(32)).step(frameType.hello, payload);
      return step.kind === 'refuse' ? step.error.message : step.kind;
    };
    expect(answer(9, 8)).toBe('the dialer speaks protocol 8 to 9, a speaks 1');
    expect(answer(0, 0)).toBe('the dialer speaks protocol 0, a speaks 1');
    expect(answer(2, 1)).toBe('continue');
    const dial = new DialHandshake(identity('b'), 'a', { window: 1, maxFrame: 1, receivedUpTo: () => 0 }, log as never);
    expect(dial.step(frameType.challenge, new Uint8Array([0, 9, ...new Uint8Array(32)]))).toMatchObject({
      error: { code: 'protocol-version' },
    });
  });

  test('refuses frames out of order and malformed ones', () => {
    const log = { origin: 'a/one/1', ownRange: () => ({ first: 1, last: 0 }) };
    const listen = (): ListenHandshake => new ListenHandshake(identity('a'), log, new Uint8Array(32));
    expect(listen().step(frameType.start, new Uint8Array(0))).toMatchObject({ error: { code: 'violation' } });
    expect(listen().step(frameType.hello, new Uint8Array(3))).toMatchObject({ error: { code: 'garbage' } });
    const bare = writeHello({} as never, { current: 1, oldest: 1 }, new Uint8Array(32));
    expect(listen().step(frameType.hello, bare)).toMatchObject({ error: { code: 'violation' } });
    expect(listen().step(frameType.hello, bare.subarray(0, 20))).toMatchObject({ error: { code: 'violation' } });
  });
});
