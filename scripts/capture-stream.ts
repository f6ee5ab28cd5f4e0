/**
 * Captures the golden replication stream of the decoder's tests from a live server.
 *
 *     node_modules/.bin/node --conditions=@entwine/source scripts/capture-stream.ts
 *
 * Starts a redis-server of its own in a temporary folder on a free loopback port, attaches as a replica, runs a workload
 * over all data types and writes `redis-<major.minor>.stream` (the bytes after the RDB) and a `.json` beside it. The
 * count of commands comes from a reader written here, not from the decoder that is tested with it. The server is ended by
 * its pid and the folder removed, also on failure. Two captures differ in ids, times and pings.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

type Argument = string | number | Buffer;

const fixtures = join(import.meta.dirname, '../packages/core/src/resp/fixtures');
const maxBytes = 200_000;

function encode(args: readonly Argument[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}

/** The end of the RESP2 reply at `at`, or -1 when it is not whole. */
function replyEnd(text: string, at: number): number {
  const line = text.indexOf('\r\n', at);
  if (line < 0) return -1;
  const number = Number(text.slice(at + 1, line));
  let end = line + 2;
  if (text[at] === '$' && number >= 0) end += number + 2;
  if (text[at] === '*') for (let i = 0; i < number && end >= 0; i++) end = replyEnd(text, end);
  return end < 0 || end > text.length ? -1 : end;
}

/** One connection; requests run in order. Error replies throw. */
class Client {
  readonly #socket: Socket;
  #received = '';
  readonly #waiting: ((reply: string) => void)[] = [];

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
      for (let end = 0; ; ) {
        end = this.#received === '' ? -1 : replyEnd(this.#received, 0);
        if (end < 0) break;
        this.#waiting.shift()?.(this.#received.slice(0, end));
        this.#received = this.#received.slice(end);
      }
    });
  }

  /** The raw reply, as latin1 text. */
  async run(...args: Argument[]): Promise<string> {
    const reply = await new Promise<string>((resolve) => {
      this.#waiting.push(resolve);
      this.#socket.write(encode(args));
    });
    if (reply.startsWith('-')) throw new Error(`${args.slice(0, 2).join(' ')}: ${reply.trim()}`);
    return reply;
  }

  /** Commands between semicolons, words between blanks. */
  async script(text: string): Promise<void> {
    for (const line of text.trim().split(/\s*;\s*/)) await this.run(...line.split(/\s+/));
  }

  /** The payload of a bulk reply. */
  async bulk(...args: Argument[]): Promise<Buffer> {
    const reply = await this.run(...args);
    return Buffer.from(reply.slice(reply.indexOf('\r\n') + 2, -2), 'latin1');
  }

  async info(field: string): Promise<string> {
    const match = new RegExp(`^${field}:(.*)\r$`, 'm').exec(await this.run('INFO'));
    if (match === null) throw new Error(`INFO has no ${field}`);
    return match[1]!;
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A replica that keeps what follows the RDB. */
class FakeReplica {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #acks: NodeJS.Timeout | undefined;
  replid = '';
  start = 0;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
  }

  get stream(): Buffer {
    return this.#received;
  }

  async attach(): Promise<void> {
    for (const line of ['PING', 'REPLCONF listening-port -1', 'REPLCONF capa eof capa psync2']) {
      this.#socket.write(encode(line.split(' ')));
      const reply = await this.#line();
      if (!reply.startsWith('+')) throw new Error(`${line}: ${reply}`);
    }
    this.#socket.write(encode(['PSYNC', '?', -1]));
    const [mode, replid, offset] = (await this.#line()).split(' ');
    if (mode !== '+FULLRESYNC') throw new Error(`PSYNC: ${mode}`);
    this.replid = replid!;
    this.start = Number(offset);
    const header = await this.#line();
    const length = /^\$(\d+)$/.exec(header)?.[1];
    if (length === undefined) throw new Error(`An RDB of known length was expected (repl-diskless-sync no): ${header}`);
    await until(() => this.#received.length >= Number(length));
    this.#received = this.#received.subarray(Number(length));
    this.#acks = setInterval(() => this.#ack(), 200);
    this.#ack();
  }

  close(): void {
    clearInterval(this.#acks);
    this.#socket.destroy();
  }

  #ack(): void {
    this.#socket.write(encode(['REPLCONF', 'ACK', this.start + this.#received.length]));
  }

  /** A line before the stream; newlines sent as keepalive are passed over. */
  async #line(): Promise<string> {
    for (;;) {
      await until(() => this.#received.includes(10));
      const end = this.#received.indexOf(10);
      const line = this.#received.subarray(0, end).toString('latin1').trim();
      this.#received = this.#received.subarray(end + 1);
      if (line !== '') return line;
    }
  }
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (await done()) return;
    await sleep(10);
  }
  throw new Error('Waited 10 s in vain.');
}

async function scalars(client: Client): Promise<void> {
  const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await client.script(`
    SET a 1; INCR a; INCRBYFLOAT a 0.5; SET a 2 EX 100; SET a 3 KEEPTTL; SETEX b 100 x; PSETEX b 100000 x;
    SET c 1 NX; SET c 2 XX GET; GETSET c 3; GETEX c EX 50; GETEX c PERSIST; GETDEL c; MSET m1 1 m2 2 m3 3;
    APPEND m1 tail; SETRANGE m1 2 zz; DEL m1 missing; UNLINK m2; EXPIRE m3 100 GT; PEXPIRE b 5000 XX; PERSIST a;
    EXPIRE a -1; SETBIT bits 100 1; BITFIELD bits INCRBY u8 0 3; BITOP NOT bits2 bits; PFADD hll a b c;
    PFADD hll2 c d; PFMERGE hll3 hll hll2; PFCOUNT hll hll2; SET from 1; RENAME from to; COPY to copy; MOVE copy 3;
    PUBLISH channel message
  `);
  await client.run('SET', binary, binary);
  await client.run('SET', Buffer.from('crlf\r\n$5\r\n*1\r\n\0'), Buffer.from('\r\n'));
  await client.run('SET', '', '');
  await client.run('SET', 'zeros', Buffer.alloc(1000));
  await client.run('SET', 'large', Buffer.alloc(60_000, 'large value \r\n'));
  await client.run('RESTORE', 'restored', 5000, await client.bulk('DUMP', 'zeros'), 'REPLACE');
}

async function collections(client: Client): Promise<void> {
  await client.script(`
    HSET h f 1 g 2; HINCRBY h f 5; HINCRBYFLOAT h g 0.25; HSETNX h n 1; HDEL h n missing; SADD s a b c d e f;
    SPOP s; SPOP s 2; SPOP s 100; SADD s1 a b; SMOVE s1 s2 a; SUNIONSTORE s3 s1 s2; ZADD z 1 a 2 b 3.5 c;
    ZADD z GT 0 a 9 b; ZADD z NX INCR 2 d; ZINCRBY z -inf a; ZPOPMIN z; ZMPOP 1 z MAX COUNT 2; ZADD z 1 a 2 b 3 c;
    ZREMRANGEBYSCORE z 3 3; ZRANGESTORE z2 z 0 -1; ZUNIONSTORE z3 2 z z2; GEOADD geo 13.361389 38.115556 Palermo;
    GEOSEARCHSTORE geo2 geo FROMLONLAT 13 38 BYRADIUS 200 km; RPUSH l 3 1 2; LPUSH l x y; LINSERT l BEFORE x w;
    LSET l 0 v; LREM l 1 x; LTRIM l 0 3; LMOVE l l2 LEFT RIGHT; LMPOP 1 l RIGHT COUNT 2; LPOP l2 5;
    RPUSH nums 3 1 2; SORT nums STORE sorted; XADD x * f v; XADD x MAXLEN ~ 10 * f w; XADD x 9999999999999-1 f last;
    XGROUP CREATE x group 0; XREADGROUP GROUP group me COUNT 2 STREAMS x >; XAUTOCLAIM x group you 0 0 COUNT 1;
    XACK x group 9999999999999-1; XDEL x 9999999999999-1; XTRIM x MAXLEN 1
  `);
  await client.run('SADD', 'wide', ...Array.from({ length: 300 }, (_, i) => `member:${i}`));
}

async function units(client: Client): Promise<void> {
  await client.script(`
    MULTI; SET t1 1; INCR t1; SELECT 5; SET t2 in-db-5; SELECT 0; HSET t3 f v; EXEC; MULTI; SET marker 1;
    DEL missing; EXEC; MULTI; GET a; EXEC; SELECT 7; MULTI; SET t4 1; SET t5 2; EXEC; SELECT 0
  `);
  await client.run('EVAL', "redis.call('SET',KEYS[1],1) redis.call('INCR',KEYS[1])", 1, 'script');
  await client.run(
    'EVAL',
    "redis.call('SELECT',2) redis.call('SET','e',1) redis.call('SELECT',4) redis.call('SET','e',1)",
    0,
  );
  await client
    .run('EVAL', "redis.call('SET',KEYS[1],1) return redis.call('LPUSH',KEYS[1],1)", 1, 'midway')
    .catch(() => '');
  await client.run('EVAL', "for i=1,200 do redis.call('HSET',KEYS[1],'field:'..i,string.rep('v',i)) end", 1, 'bulk');
  const library =
    "#!lua name=lib\nredis.register_function('put', function(k,a) return redis.call('SET',k[1],a[1]) end)";
  await client.run('FUNCTION', 'LOAD', library);
  await client.script(`
    FCALL put 1 byfunction v; FUNCTION DELETE lib; SWAPDB 0 3; SWAPDB 0 3; SELECT 9; SET gone 1; FLUSHDB; SELECT 0
  `);
}

async function waiting(client: Client, blocked: Client): Promise<void> {
  const isBlocked = async () => (await client.info('blocked_clients')) === '1';
  for (const [block, push] of [
    ['BLPOP q 10', 'RPUSH q 1 2'],
    ['BLMOVE q2 q3 LEFT RIGHT 10', 'RPUSH q2 1'],
    ['BZPOPMIN bz 10', 'ZADD bz 1 a'],
    ['BLMPOP 10 1 q4 LEFT COUNT 2', 'RPUSH q4 1 2 3'],
  ] as const) {
    const served = blocked.run(...block.split(' '));
    await until(isBlocked);
    await client.script(push);
    await served;
  }
  const served = blocked.run('BLPOP', 'q5', 10);
  await until(isBlocked);
  await client.script('MULTI; RPUSH q5 1; SET q5beside 1; EXEC');
  await served;
  await client.script('SET e1 1 PX 30; SET e2 1 PX 30; SET e3 1 PX 200');
  await client.run('DEBUG', 'SET-ACTIVE-EXPIRE', 0);
  await sleep(60);
  await client.script('GET e1; INCR e2');
  await client.run('DEBUG', 'SET-ACTIVE-EXPIRE', 1);
  // Long enough for a ping, too.
  await sleep(1200);
  await client.script('SET waited 1; WAIT 1 2000');
}

/** Many small commands in several databases, from a fixed seed. */
async function bulk(client: Client): Promise<void> {
  let seed = 20_240_601;
  const random = (below: number) => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return (seed >>> 0) % below;
  };
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => random(256)));
  for (let i = 0; i < 600; i++) {
    if (random(20) === 0) await client.run('SELECT', random(16));
    const key = `key:${random(50)}`;
    const command: Argument[][] = [
      ['SET', key, bytes(random(200))],
      ['SET', bytes(1 + random(10)), bytes(random(20))],
      ['DEL', key, `key:${random(50)}`],
      ['HSET', `h:${key}`, bytes(random(8)), bytes(random(50))],
      ['ZADD', `z:${key}`, random(1000) / 7, `m${random(9)}`],
      ['INCRBY', `n:${key}`, random(1000) - 500],
      ['PEXPIRE', `n:${key}`, 1_000_000],
    ];
    await client.run(...command[random(command.length)]!);
  }
  await client.run('SELECT', 0);
}

/** Commands in a whole stream, counted by the shortest reader that can be right. */
function countCommands(stream: Buffer): number {
  const text = stream.toString('latin1');
  let count = 0;
  for (let at = 0; at < text.length; count++) {
    const end = text[at] === '*' ? replyEnd(text, at) : -1;
    if (end < 0) throw new Error(`The stream breaks off at byte ${at}.`);
    at = end;
  }
  return count;
}

async function capture(port: number, server: ChildProcess): Promise<void> {
  const client = new Client(port);
  const blocked = new Client(port);
  const replica = new FakeReplica(port);
  try {
    const first = new FakeReplica(port);
    await first.attach();
    await client.run('SET', 'before', 'so that the capture does not start at offset 0');
    first.close();
    await replica.attach();
    for (const part of [scalars, collections, units, bulk]) await part(client);
    await waiting(client, blocked);
    const version = await client.info('redis_version');
    let stream = replica.stream;
    let endOffset = -1;
    await until(async () => {
      endOffset = Number(await client.info('master_repl_offset'));
      stream = replica.stream;
      return endOffset === replica.start + stream.length;
    });
    if (stream.length > maxBytes) throw new Error(`${stream.length} bytes are too many for a fixture.`);
    const facts = {
      server: `redis ${version}`,
      replicationId: replica.replid,
      startOffset: replica.start,
      endOffset,
      commands: countCommands(stream),
    };
    const name = join(fixtures, `redis-${version.split('.').slice(0, 2).join('.')}`);
    mkdirSync(fixtures, { recursive: true });
    writeFileSync(`${name}.stream`, stream);
    writeFileSync(`${name}.json`, `${JSON.stringify(facts, null, 2)}\n`);
    console.log(`${name}.stream: ${stream.length} bytes, ${facts.commands} commands (server pid ${server.pid})`);
  } finally {
    replica.close();
    blocked.close();
    client.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return address.port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}

const port = await freePort();
const folder = mkdtempSync(join(tmpdir(), 'entwine-capture-'));
const server = spawn(
  'redis-server',
  [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
    ...['--repl-diskless-sync', 'no', '--repl-ping-replica-period', '1', '--enable-debug-command', 'local'],
  ],
  { stdio: 'ignore' },
);
try {
  await until(() => answers(port));
  await capture(port, server);
} finally {
  if (server.exitCode === null) {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
