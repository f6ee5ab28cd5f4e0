/** The applying side: an engine takes in what another has shipped. */
import { decodeEntries, type EntryBatch, unixOfTime } from '@entwine/core';
import { CallStream, startEngine } from './engine-under-test.ts';
import { MadeUpTime, turn } from './made-up-time.ts';

/** @param backlogMs - by how much it is late. */
export async function applyRecorded(
  batches: readonly EntryBatch[],
  backlogMs: number,
): Promise<{ readonly cpuMicroseconds: number; readonly replyMicroseconds: number }> {
  const time = new MadeUpTime();
  const calls = new CallStream();
  let replyMs = 0;
  const { host, engine } = await startEngine({
    ...{ site: 'b', time },
    apply: (args, sink) => {
      const begin = performance.now();
      const bytes = calls.encode(args);
      replyMs += performance.now() - begin;
      sink.bytes(bytes);
    },
  });
  const times = batches.map(({ body }) => newestOf(body));
  const begin = process.cpuUsage();
  for (const [i, batch] of batches.entries()) {
    time.pass(Math.max(0, unixOfTime(times[i]!) + backlogMs - time.ms));
    host.deliver({ ...batch, body: batch.body.slice() });
    await turn();
  }
  const { last, origin } = batches.at(-1)!;
  const settled = (): number => engine.status().origins.find((one) => one.origin === origin)?.settled ?? 0;
  for (let turns = 0; settled() < last; turns++) {
    if (turns > 100_000) throw new Error(`settled up to ${settled()} of ${last}`);
    await turn();
  }
  const { user, system } = process.cpuUsage(begin);
  void engine.stop();
  return { cpuMicroseconds: user + system, replyMicroseconds: replyMs * 1000 };
}

function newestOf(body: Uint8Array): number {
  const entries = decodeEntries(body);
  if ('code' in entries) throw new Error(entries.message);
  return entries.at(-1)!.time;
}
