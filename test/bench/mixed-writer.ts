/**
 * Makes the mixed write stream at full rate: `mixed-writer.ts PORT COUNT`. Its own process, so that its CPU is its own.
 *
 * Strings of 64 bytes, some with an expiry, hash fields, set members, scores and counters over 100,000 keys. The same
 * commands at every call. Several hundred are under way at a time, as with redis-benchmark's pipelines.
 */
import { connect } from 'node:net';
import { Random } from '../../apps/demo/src/lab/index.ts';

const chunkCommands = 800;
const differentChunks = 200;
const keys = 100_000;

const port = Number(process.argv[2]);
const count = Number(process.argv[3]);
const random = new Random(1);
const value = 'v'.repeat(64);

function command(): string[] {
  const sort = random.next();
  const key = random.integer(0, keys - 1);
  if (sort < 0.4) return ['SET', `s:${key}`, value];
  if (sort < 0.45) return ['SET', `x:${key}`, value, 'PX', '3600000'];
  if (sort < 0.65) return ['HSET', `h:${key}`, `f${random.integer(0, 9)}`, value.slice(32)];
  if (sort < 0.75) return ['SADD', `m:${key}`, `member ${random.integer(0, 99)}`];
  if (sort < 0.85) return ['ZADD', `z:${key}`, String(random.integer(0, 9999)), `member ${random.integer(0, 99)}`];
  return ['INCRBY', `c:${key}`, String(random.integer(1, 9))];
}

function chunk(commands: number): string {
  let text = '';
  for (let i = 0; i < commands; i++) {
    const words = command();
    text += `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
  }
  return text;
}

const chunks = Array.from({ length: Math.min(differentChunks, Math.ceil(count / chunkCommands)) }, () =>
  chunk(chunkCommands),
);
const socket = connect({ port, host: '127.0.0.1', noDelay: true });
let sent = 0;
let answered = 0;

function send(): void {
  while (sent < count && sent - answered < 2 * chunkCommands) {
    const size = Math.min(chunkCommands, count - sent);
    socket.write(size === chunkCommands ? (chunks[(sent / chunkCommands) % chunks.length] ?? '') : chunk(size));
    sent += size;
  }
}

socket.on('data', (bytes) => {
  // Every answer to these commands is one line.
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) answered += 1;
  if (bytes[0] === 45) throw new Error(bytes.toString());
  if (answered === count) socket.end();
  else send();
});
send();
