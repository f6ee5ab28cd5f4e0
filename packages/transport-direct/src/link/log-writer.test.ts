import { describe, expect, test } from 'vitest';
import { FrameDecoder, type FrameResult } from '../wire/frame-decoder.ts';
import { frameType } from '../wire/frame-type.ts';
import { readData } from '../wire/read-payload.ts';
import { LogWriter } from './log-writer.ts';

const limits = { maxSendBytes: 1000, maxFrameBytes: 1024, maxBatchBytes: 10_000 };

/** A log of batches of ten entries each, `size` bytes a batch. */
function setup(size: number, credit: number, last = 1000) {
  const state = { room: true, reads: 0, acks: [] as number[] };
  const decoder = new FrameDecoder(1 << 20);
  const writer = new LogWriter(1, last, credit, limits, {
    readOwn: (from) => {
      state.reads++;
      return { origin: 'a/one/1', first: from, last: from + 9, body: new Uint8Array(size).fill(from) };
    },
    room: () => state.room,
    write: (head, body) => {
      decoder.push(head);
      decoder.push(body);
    },
    acknowledged: (seq) => state.acks.push(seq),
  });
  const frames = (): FrameResult[] => {
    const out: FrameResult[] = [];
    for (let result = decoder.next(); result.kind === 'frame'; result = decoder.next()) out.push(result);
    return out;
  };
  return { writer, state, frames };
}

describe('LogWriter', () => {
  test('sends while there is credit, and goes on when more comes', () => {
    const { writer, frames } = setup(100, 300);
    expect(writer.pump()).toBeUndefined();
    expect(frames().length).toBe(3);
    writer.pump();
    expect(frames().length).toBe(0);
    writer.credit(59);
    expect(frames().length).toBe(0);
    writer.credit(2);
    expect(frames().length).toBe(1);
  });

  test('sends nothing while the socket is full', () => {
    const { writer, state, frames } = setup(100, 300);
    state.room = false;
    writer.pump();
    expect(frames().length).toBe(0);
    expect(state.reads).toBe(0);
    state.room = true;
    writer.pump();
    expect(frames().length).toBe(3);
  });

  test('does not ask the log for what is not flushed', () => {
    const { writer, state, frames } = setup(10, 10_000, 20);
    writer.pump();
    expect(frames().length).toBe(2);
    expect(state.reads).toBe(2);
    writer.flushed(20);
    expect(state.reads).toBe(2);
    writer.flushed(30);
    expect(frames().length).toBe(1);
  });

  test('cuts a batch above the frame limit, across credit', () => {
    const { writer, state, frames } = setup(3000, 1, 10);
    writer.pump();
    const [head] = frames();
    const data = head?.kind === 'frame' ? readData(head.payload) : undefined;
    expect(data).toMatchObject({ first: 1, last: 10, total: 3000 });
    expect(data?.piece.length).toBe(1004);
    writer.credit(1024);
    const [more] = frames();
    expect(more).toMatchObject({ kind: 'frame', type: frameType.more });
    writer.credit(10_000);
    expect(frames().map((frame) => (frame.kind === 'frame' ? frame.payload.length : 0))).toEqual([972]);
    expect(state.reads).toBe(1);
  });

  test('passes acknowledgements on, forward only, and none for what was not sent', () => {
    const { writer, state } = setup(10, 10_000, 20);
    writer.pump();
    expect(writer.ack(5)).toBeUndefined();
    writer.ack(5);
    writer.ack(3);
    writer.ack(20);
    expect(state.acks).toEqual([5, 20]);
    expect(writer.ack(21)?.code).toBe('violation');
  });

  test('refuses a log that skips, goes back, or gives too much', () => {
    const make = (first: number, last: number, size = 1): LogWriter =>
      new LogWriter(5, 100, 1000, limits, {
        readOwn: () => ({ origin: 'a/one/1', first, last, body: new Uint8Array(size) }),
        room: () => true,
        write: () => {},
        acknowledged: () => {},
      });
    expect(make(6, 9).pump()?.code).toBe('trimmed');
    expect(make(1, 4).pump()?.code).toBe('host');
    expect(make(5, 6, 10_001).pump()?.code).toBe('oversized');
  });
});
