/**
 * Lag at a steady rate: every write carries the moment it was sent, and is timed when it itself comes out of the
 * replication stream of the server where it was to arrive.
 *
 * Sender and observer share this process's clock. What this process loses by its own slowness is counted as lag, so a
 * figure may be too high, never too low.
 */
import { connect } from 'node:net';
import { pause, type RedisServer, waitFor } from '../../apps/demo/src/lab/index.ts';
import { StreamTail } from '../support/stream-tail.ts';

const mark = 'entwine-lag:';
const digits = 16;
const valueLength = 64;

export interface Lag {
  readonly writes: number;
  readonly writesPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly least: number;
  readonly most: number;
}

/** Writes at `from` at the given rate for so long, and times each write's arrival at `to`. The first second is not counted. */
export async function measureLag(from: RedisServer, to: RedisServer, rate: number, ms: number): Promise<Lag> {
  const lags: number[] = [];
  const seen = { arrived: 0 };
  const warmUp = Math.min(1000, ms / 4) * (rate / 1000);
  const tail = await StreamTail.attach(
    to,
    scanner((sent) => {
      if (seen.arrived++ >= warmUp) lags.push(performance.now() - sent);
    }),
  );
  const started = performance.now();
  const writes = await writeSteadily(from, rate, ms);
  const seconds = (performance.now() - started) / 1000;
  const state = (): string => `${seen.arrived} of ${writes} arrived`;
  await waitFor('every write has arrived', () => seen.arrived >= writes, { timeoutMs: 60_000, describe: state });
  tail.close();
  if (seen.arrived !== writes) throw new Error(`${state()}: some came more than once`);
  const sorted = Float64Array.from(lags).sort();
  const at = (part: number): number => round(sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN);
  return {
    writes,
    writesPerSecond: Math.round(writes / seconds),
    p50: at(0.5),
    p99: at(0.99),
    least: at(0),
    most: at(1),
  };
}

/** Finds marked values in a byte stream, however it is cut, and hands on the moment each was sent. */
export function scanner(onMark: (sent: number) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, from)) {
      const start = at + mark.length;
      if (bytes.length < start + digits) break;
      from = start + digits;
      onMark(Number(bytes.toString('latin1', start, from)) / 1000);
    }
    rest = bytes.subarray(Math.max(from, bytes.length - mark.length - digits + 1));
  };
}

/** A value of 64 bytes that says when it was sent, in microseconds of this process's clock. */
export function markedValue(now: number): string {
  return (mark + String(Math.floor(now * 1000)).padStart(digits, '0')).padEnd(valueLength, '.');
}

async function writeSteadily(server: RedisServer, rate: number, ms: number): Promise<number> {
  const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
  let answered = 0;
  socket.on('data', (bytes) => {
    for (const byte of bytes) if (byte === 10) answered += 1;
  });
  const started = performance.now();
  const total = Math.round((rate * ms) / 1000);
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * rate));
    let text = '';
    for (; sent < due; sent++) {
      const key = `lag:${sent % 100_000}`;
      text += `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${valueLength}\r\n${markedValue(performance.now())}\r\n`;
    }
    if (text !== '') socket.write(text);
    await pause(1);
  }
  await waitFor('every write is confirmed', () => answered === total);
  socket.destroy();
  return total;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
