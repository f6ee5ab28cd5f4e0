import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarkerCodec, ownField, reservedPrefix, standaloneMarkerKey } from './marker.ts';

const digest = (secret: string) => (text: string) =>
  createHmac('sha256', secret).update(text).digest('base64url').slice(0, 22);

const codec = new MarkerCodec('a/main', digest('secret'));
const word = fc.stringMatching(/^[a-z0-9-]{1,12}$/);
const anyPeer = fc.record({
  origin: fc.tuple(word, word, word).map((parts) => parts.join('/')),
  seq: fc.maxSafeNat(),
  time: fc.maxSafeNat(),
});
const anyOwn = fc
  .tuple(anyPeer, fc.record({ write: fc.maxSafeNat(), correction: fc.maxSafeNat(), instance: word }))
  .map(([peer, rest]) => ({ ...peer, ...rest }));

describe('what was written is read', () => {
  it('of a peer', () => {
    fc.assert(
      fc.property(anyPeer, (peer) => {
        expect(codec.read(peer.origin, codec.peer(peer))).toEqual({ type: 'peer', ...peer });
      }),
    );
  });

  it('of ourselves', () => {
    fc.assert(
      fc.property(anyOwn, (own) => {
        expect(codec.read(ownField, codec.own(own))).toEqual({ type: 'own', ...own });
      }),
    );
  });

  it('looks as documented', () => {
    expect(codec.peer({ origin: 'b/main/1', seq: 7, time: 4096 })).toMatch(/^p1:7:4096:[\w-]{22}$/);
    expect(codec.own({ origin: 'a/main/1', seq: 7, time: 4096, write: 3, correction: 2, instance: 'x9' })).toMatch(
      /^o1:7:4096:3:2:x9:a\/main\/1:[\w-]{22}$/,
    );
    expect(standaloneMarkerKey.startsWith(reservedPrefix)).toBe(true);
  });
});

describe('a marker that is not ours is refused', () => {
  const peer = { origin: 'b/main/1', seq: 7, time: 4096 };
  const own = { origin: 'a/main/1', seq: 7, time: 4096, write: 3, correction: 2, instance: 'x9' };
  const written: readonly (readonly [string, string])[] = [
    [peer.origin, codec.peer(peer)],
    [ownField, codec.own(own)],
  ];

  it('any other character anywhere', () => {
    for (const [field, value] of written) {
      for (let at = 0; at < value.length; at++) {
        for (const other of ['0', '9', 'a', ':', ''])
          if (other !== value[at])
            expect(codec.read(field, value.slice(0, at) + other + value.slice(at + 1))).toBeUndefined();
      }
    }
  });

  it('any other text', () => {
    fc.assert(
      fc.property(fc.constantFrom(peer.origin, ownField), fc.string(), (field, value) => {
        expect(codec.read(field, value)).toBeUndefined();
      }),
    );
    for (const value of ['', ':', 'p1', 'p1:7:4096', 'p1:7:4096:', 'o1:9:9:9:x:y:z'])
      expect(codec.read(ownField, value)).toBeUndefined();
  });

  it('of another secret', () => {
    const other = new MarkerCodec('a/main', digest('guess'));
    expect(codec.read(peer.origin, other.peer(peer))).toBeUndefined();
    expect(codec.read(ownField, other.own(own))).toBeUndefined();
  });

  it("of another site's Redis, or another shard's", () => {
    for (const scope of ['b/main', 'a/other', 'a/mai']) {
      const other = new MarkerCodec(scope, digest('secret'));
      expect(codec.read(peer.origin, other.peer(peer))).toBeUndefined();
      expect(codec.read(ownField, other.own(own))).toBeUndefined();
    }
  });

  it('in another field', () => {
    for (const [, value] of written)
      for (const field of ['b/main/2', 'c/main/1', '', `${ownField}\n`])
        expect(codec.read(field, value)).toBeUndefined();
    expect(codec.read(ownField, codec.peer(peer))).toBeUndefined();
    expect(codec.read(peer.origin, codec.own(own))).toBeUndefined();
  });

  it('of a version that is not known, though it is signed', () => {
    const signed = (field: string, text: string): string =>
      `${text}:${digest('secret')(`entwine marker\na/main\n${field}\n${text}`)}`;
    expect(codec.read(peer.origin, signed(peer.origin, 'p1:7:4096'))).toEqual({ type: 'peer', ...peer });
    expect(codec.read(peer.origin, signed(peer.origin, 'p2:7:4096'))).toBeUndefined();
    expect(codec.read(ownField, signed(ownField, 'p1:7:4096'))).toBeUndefined();
    expect(codec.read(ownField, signed(ownField, 'o1:7:4096'))).toBeUndefined();
  });
});

describe('signatures', () => {
  const counting = () => {
    const signed: string[] = [];
    const counted = new MarkerCodec('a/main', (text) => {
      signed.push(text);
      return digest('secret')(text);
    });
    return { signed, counted };
  };
  const peer = (seq: number) => ({ origin: 'b/main/1', seq, time: 1 });

  it('are made once for what is written and comes back', () => {
    const { signed, counted } = counting();
    const value = counted.peer(peer(1));
    expect(counted.read('b/main/1', value)).toEqual({ type: 'peer', ...peer(1) });
    expect(counted.peer(peer(1))).toBe(value);
    expect(signed).toHaveLength(1);
    expect(counted.read('c/main/1', value)).toBeUndefined();
    expect(counted.read('b/main/1', `${value.slice(0, -1)}?`)).toBeUndefined();
  });

  it('are forgotten, oldest first, and those of long values at once', () => {
    const { signed, counted } = counting();
    const values = Array.from({ length: 65 }, (_, seq) => counted.peer(peer(seq)));
    counted.read('b/main/1', values[1]!);
    expect(signed).toHaveLength(65);
    counted.read('b/main/1', values[0]!);
    expect(signed).toHaveLength(66);
    for (let i = 0; i < 2; i++) counted.read('b/main/1', `p1:${'9'.repeat(2000)}:1:x`);
    expect(signed).toHaveLength(68);
  });
});
