import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrame } from './encode-frame.ts';
import { FrameDecoder, type FrameResult } from './frame-decoder.ts';
import { type FrameType, frameType } from './frame-type.ts';

const frames: readonly (readonly [FrameType, Uint8Array])[] = [
  [frameType.hello, new Uint8Array([1, 2, 3])],
  [frameType.ping, new Uint8Array(0)],
  [frameType.data, new Uint8Array(300).map((_, i) => i)],
  [frameType.more, new Uint8Array(1000).fill(7)],
  [frameType.pong, new Uint8Array(0)],
];
const whole = join(frames.map(([type, payload]) => encodeFrame(type, payload)));

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Every result but need-more; a failure once. */
function decode(chunks: readonly Uint8Array[], maxPayload = 1000): FrameResult[] {
  const decoder = new FrameDecoder(maxPayload);
  const results: FrameResult[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let result = decoder.next(); result.kind !== 'need-more'; result = decoder.next()) {
      results.push(result);
      if (result.kind === 'failed') return results;
    }
  }
  return results;
}

const expected = frames.map(([type, payload]) => ({ kind: 'frame', type, payload }));

describe('FrameDecoder', () => {
  test('reads frames that come whole', () => {
    expect(decode([whole])).toEqual(expected);
  });

  test('reads frames that come byte by byte', () => {
    expect(decode(Array.from(whole, (byte) => new Uint8Array([byte])))).toEqual(expected);
  });

  test('reads frames whatever the chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 30 }), (sizes) => {
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(whole.subarray(at, at + size));
          at += size;
        }
        expect(decode([...chunks, whole.subarray(at)])).toEqual(expected);
      }),
    );
  });

  test('takes several chunks before it is asked', () => {
    const decoder = new FrameDecoder(1000);
    for (let at = 0; at < whole.length; at += 7) decoder.push(whole.subarray(at, at + 7));
    const results: FrameResult[] = [];
    for (let result = decoder.next(); result.kind !== 'need-more'; result = decoder.next()) results.push(result);
    expect(results).toEqual(expected);
  });

  test('needs more after trailing bytes, and keeps them', () => {
    const decoder = new FrameDecoder(1000);
    decoder.push(join([whole, whole.subarray(0, 4)]));
    for (const _ of frames) expect(decoder.next().kind).toBe('frame');
    expect(decoder.next()).toEqual({ kind: 'need-more' });
    decoder.push(whole.subarray(4));
    expect(decoder.next()).toEqual(expected[0]);
  });

  test('refuses a frame above the limit by its header alone, and sticks to it', () => {
    const decoder = new FrameDecoder(1000);
    decoder.push(join([encodeFrame(frameType.ping, new Uint8Array(0)), new Uint8Array([0xff, 0xff, 0xff, 0xff, 6])]));
    expect(decoder.next().kind).toBe('frame');
    const failure = { kind: 'failed', reason: 'oversized', at: 5, length: 0xffffffff, type: 6 };
    expect(decoder.next()).toEqual(failure);
    decoder.push(whole);
    expect(decoder.next()).toEqual(failure);
  });

  test('refuses what is no frame', () => {
    const text = new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n');
    const failure = { kind: 'failed', reason: 'unknown-type', at: 0, length: 0x47455420, type: 0x2f };
    expect(decode([text])).toEqual([failure]);
    expect(decode(Array.from(text, (byte) => new Uint8Array([byte])))).toEqual([failure]);
  });

  test('applies a new limit to the frames that follow', () => {
    const decoder = new FrameDecoder(10);
    decoder.push(join([encodeFrame(1, new Uint8Array(10)), encodeFrame(6, new Uint8Array(20))]));
    expect(decoder.next().kind).toBe('frame');
    decoder.allow(20);
    expect(decoder.next().kind).toBe('frame');
  });

  test('gives plain arrays, whose slice is a copy', () => {
    const decoder = new FrameDecoder(1000);
    decoder.push(Buffer.from(whole));
    const result = decoder.next();
    expect(result.kind === 'frame' && Object.getPrototypeOf(result.payload)).toBe(Uint8Array.prototype);
  });
});
