/** The capturing side: an engine reads a write stream; what it would ship is kept. */
import { ByteWriter, type EntryBatch, encodeEntry, timeOfUnix } from '@entwine/core';
import { CallStream, rate, startEngine } from './engine-under-test.ts';
import { MadeUpTime, turn } from './made-up-time.ts';
import type { Writes } from './write-streams.ts';

/** How often the peer beats, in milliseconds. */
const beatMs = 250;
/** Bytes of a batch. */
const batchBytes = 256 * 1024;

/** @param backlogMs - how late the peer settles. */
export async function captureStream(
  { pieces }: Writes,
  backlogMs: number,
): Promise<{ readonly batches: readonly EntryBatch[]; readonly cpuMicroseconds: number }> {
  const time = new MadeUpTime();
  const batches: EntryBatch[] = [];
  const calls = new CallStream();
  let shipped = 0;
  const { sink, host, engine } = await startEngine({
    ...{ site: 'a', time, apply: (args, to) => to.bytes(calls.encode(args)) },
    flushed: (seq, from) => {
      while (shipped < seq) {
        const batch = from.readOwn(shipped + 1, batchBytes)!;
        batches.push({ ...batch, body: batch.body.slice() });
        shipped = batch.last;
      }
    },
  });
  const peer = new Peer();
  const begin = process.cpuUsage();
  let beatAt = time.ms;
  for (const { bytes, writes } of pieces) {
    sink.bytes(bytes);
    time.pass((writes / rate) * 1000);
    if (time.ms >= beatAt) {
      beatAt += beatMs;
      host.deliver(peer.beat(time.ms - backlogMs));
      host.acknowledged('b', shipped);
    }
    await turn();
  }
  await turn();
  const { user, system } = process.cpuUsage(begin);
  void engine.stop();
  return { batches, cpuMicroseconds: user + system };
}

/** A site that writes nothing. */
class Peer {
  readonly #writer = new ByteWriter();
  #seq = 0;

  /** A heartbeat that says all is settled up to a time, in Unix milliseconds. */
  beat(upToMs: number): EntryBatch {
    const seq = ++this.#seq;
    const time = timeOfUnix(upToMs);
    encodeEntry(this.#writer, { type: 'heartbeat', seq, time, priority: 2, received: time, cut: time });
    return { origin: 'b/main/peer', first: seq, last: seq, body: this.#writer.take() };
  }
}
