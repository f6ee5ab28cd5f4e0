/**
 * CPU of the engine alone: `node --conditions=@entwine/source test/bench/engine-cpu.ts [--writes N] [--stream set|mixed|all]
 * [--backlog MS] [--rounds N]`. A write stream is captured by one engine, and what that has shipped is applied by another; sockets,
 * disks and Redis are left out, and time is made up, so that two versions can be compared on a machine that others use too.
 *
 * Told for each side: us of CPU a write, garbage collection and what this file itself does included; of the applying side the latter
 * (the replies, and the stream that brings the calls back) is told beside it. The second site settles everything `--backlog` late, so
 * that as much is remembered as when it can't keep up.
 */
import { parseArgs } from 'node:util';
import { applyRecorded } from './engine-cpu/apply-recorded.ts';
import { captureStream } from './engine-cpu/capture-stream.ts';
import { mixedStream, setStream, type Writes } from './engine-cpu/write-streams.ts';

const { values } = parseArgs({
  options: {
    writes: { type: 'string', default: '500000' },
    stream: { type: 'string', default: 'all' },
    backlog: { type: 'string', default: '3000' },
    rounds: { type: 'string', default: '3' },
  },
});
const all: Readonly<Record<string, (count: number) => Writes>> = { set: setStream, mixed: mixedStream };
const chosen = values.stream === 'all' ? Object.keys(all) : [values.stream];
if (!chosen.every((name) => name in all)) throw new Error(`--stream ${values.stream}: there are set, mixed and all`);
const [count, backlogMs] = [Number(values.writes), Number(values.backlog)];

console.log('| write stream | round | capture us | apply us | of it replies us |\n|---|---|---|---|---|');
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const name of chosen) {
    const writes = all[name]!(count);
    const captured = await captureStream(writes, backlogMs);
    const applied = await applyRecorded(captured.batches, backlogMs);
    const cells = [captured.cpuMicroseconds, applied.cpuMicroseconds, applied.replyMicroseconds];
    console.log(`| ${name} | ${round} | ${cells.map((us) => (us / count).toFixed(2)).join(' | ')} |`);
  }
}
process.exit(0);
