import type { Socket } from 'node:net';
import type { Source } from '@entwine/core';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeMaster } from '../testing/fake-master.ts';
import { RecordingSink } from '../testing/recording-sink.ts';
import { until } from '../testing/redis-server.ts';
import { type After, systemAfter } from '../timers.ts';
import { createPsyncSource, type PsyncSourceOptions } from './psync-source.ts';

const id = 'a'.repeat(40);
const mark = '0123456789'.repeat(4);
const rdb = 'REDIS0010\xfa\x09redis-ver\x067.0.15\xff12345678';
const stream = '*1\r\n$4\r\nPING\r\n';
let master: FakeMaster;
let source: Source | undefined;

async function attach(options: Partial<PsyncSourceOptions> = {}): Promise<RecordingSink> {
  const redis = [{ host: '127.0.0.1', port: master.port }];
  source = createPsyncSource({ redis, ackInterval: 20, ...options });
  return new RecordingSink();
}

/** Writes byte by byte, each in a segment of its own as far as the network lets it. */
async function drip(socket: Socket, text: string): Promise<void> {
  for (const byte of Buffer.from(text, 'latin1')) {
    await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

afterEach(async () => {
  await source?.close();
  source = undefined;
  master.close();
});

describe('the handshake', () => {
  it('keeps the order, announces nothing that can be used, and never pipelines PSYNC', async () => {
    master = await FakeMaster.start();
    master.psync = (socket) => void socket.write(`+CONTINUE\r\n${stream}`);
    const sink = await attach();
    sink.resume = { replicationId: id, offset: 41, db: 2 };
    source!.start(sink);
    await until('stream', () => sink.stream === stream);
    const replica = master.commands.slice(master.commands.lastIndexOf('PING'));
    expect(replica.slice(0, 6)).toEqual([
      'PING',
      'INFO',
      'REPLCONF listening-port -1',
      'REPLCONF capa eof capa psync2',
      'INFO',
      `PSYNC ${id} 42`,
    ]);
    expect(master.commands.some((command) => command.startsWith('+'))).toBe(false);
    expect(sink.last).toMatchObject({ mode: 'continue', position: { replicationId: id, offset: 41, db: 2 } });
  });

  it('announces a version to Valkey, and survives a server that knows none of its options', async () => {
    master = await FakeMaster.start();
    master.info('redis_version:7.2.4', 'valkey_version:8.1.1');
    master.answers.REPLCONF = '-ERR Unrecognized REPLCONF option\r\n';
    master.psync = (socket) => void socket.write(`+FULLRESYNC ${id} 7\r\n$${rdb.length}\r\n${rdb}${stream}`, 'latin1');
    const sink = await attach();
    source!.start(sink);
    await until('stream', () => sink.stream === stream);
    expect(master.commands).toContain('REPLCONF version 9.0.0');
    expect(master.commands).toContain('PSYNC ? -1');
  });

  it('signs in before REPLCONF, with user and password', async () => {
    master = await FakeMaster.start();
    master.psync = (socket) => void socket.write('+CONTINUE\r\n');
    const redis = [{ host: '127.0.0.1', port: master.port, username: 'u', password: 'p w' }];
    const sink = await attach({ redis });
    sink.resume = { replicationId: id, offset: 1, db: 0 };
    source!.start(sink);
    await until('attached', () => sink.last);
    const replica = master.commands.slice(master.commands.lastIndexOf('PING'));
    expect(replica[1]).toBe('AUTH u p w');
  });
});

describe('the snapshot', () => {
  it.each([
    ['by its length', `$${rdb.length}\r\n${rdb}`],
    ['by its mark', `$EOF:${mark}\r\n${rdb}${mark}`],
  ])('is passed over %s, byte by byte, keepalives and stream around it', async (_, body) => {
    master = await FakeMaster.start();
    master.psync = (socket) => drip(socket, `\n\n+FULLRESYNC ${id} 100\r\n\n\n${body}${stream}${stream}`);
    const sink = await attach();
    source!.start(sink);
    await until('stream', () => sink.stream === stream + stream);
    expect(sink.last).toEqual({
      mode: 'full',
      position: { replicationId: id, offset: 100, db: -1 },
      endpoint: `127.0.0.1:${master.port}`,
      role: 'master',
      backlogEnd: 100,
      empty: true,
    });
    expect(sink.offset).toBe(100 + 2 * stream.length);
  });

  it('is acknowledged until the stream starts, and only from the answer on', async () => {
    master = await FakeMaster.start();
    master.psync = async (socket) => {
      await until('some time without an answer', () => socket.bytesWritten > 0 || master.commands.length > 0);
      expect(master.commands.filter((command) => command.includes('ACK'))).toEqual([]);
      socket.write(`+FULLRESYNC ${id} 100\r\n$EOF:${mark}\r\n${rdb}${mark}`, 'latin1');
      const before = (): number => master.commands.filter((command) => command.includes('REPLCONF ACK 0')).length;
      await until('five acknowledgements', () => before() >= 5);
      socket.write(stream);
    };
    const sink = await attach();
    source!.start(sink);
    await until('stream', () => sink.stream === stream);
  });
});

describe('refusals and faults', () => {
  it.each([
    ['-LOADING Redis is loading\r\n', 'loading'],
    ["-NOMASTERLINK Can't SYNC\r\n", 'master-link-down'],
    ['-NOAUTH Authentication required.\r\n', 'not-authenticated'],
    ['-NOPERM no psync\r\n', 'denied'],
    ['-ERR SYNC and PSYNC are invalid with pending output\r\n', 'refused'],
    ['+WHATEVER\r\n', 'protocol'],
    ['HTTP/1.1 400 Bad Request\r\n', 'protocol'],
    [`+FULLRESYNC ${id} 1\r\n$9\r\nNOT AN RD`, 'protocol'],
    ['+CONTINUE\r\n', 'protocol'],
  ])('reports %j and tries again with growing pauses', async (answer, code) => {
    master = await FakeMaster.start();
    master.psync = (socket) => void socket.write(answer);
    const pauses: number[] = [];
    const after: After = (milliseconds, run) => {
      if (milliseconds === 20) return systemAfter(milliseconds, run);
      pauses.push(milliseconds);
      return systemAfter(0, run);
    };
    const sink = await attach({ after, random: () => 1 });
    source!.start(sink);
    await until('four failures', () => sink.failures.length >= 4);
    expect(sink.failures.map((error) => error.code)).toEqual(sink.failures.map(() => code));
    expect(pauses.slice(0, 3)).toEqual([100, 200, 400]);
    expect(sink.attachments).toEqual([]);
  });

  it('asks again where to resume, at every attempt', async () => {
    master = await FakeMaster.start();
    master.psync = (socket) => {
      socket.write('+CONTINUE\r\n');
      socket.end(stream);
    };
    const sink = await attach();
    sink.resume = { replicationId: id, offset: 0, db: 0 };
    sink.bytes = (chunk) => {
      sink.resume = { ...sink.resume!, offset: sink.resume!.offset + chunk.length };
    };
    source!.start(sink);
    const asked = (): string[] => master.commands.filter((command) => command.startsWith('PSYNC'));
    await until('three attempts', () => asked().length >= 3);
    const step = stream.length;
    expect(asked().slice(0, 3)).toEqual([`PSYNC ${id} 1`, `PSYNC ${id} ${1 + step}`, `PSYNC ${id} ${1 + 2 * step}`]);
  });

  it('drops a master from which nothing comes any more', async () => {
    master = await FakeMaster.start();
    master.psync = (socket) => void socket.write('+CONTINUE\r\n');
    const sink = await attach({ idleTimeout: 100 });
    sink.resume = { replicationId: id, offset: 5, db: 0 };
    source!.start(sink);
    await until('idle twice', () => sink.failures.length >= 2);
    expect(sink.failures[0]).toMatchObject({ code: 'idle', retriable: true });
  });

  it('drops a master that never answers PSYNC', async () => {
    master = await FakeMaster.start();
    const sink = await attach({ idleTimeout: 100 });
    source!.start(sink);
    await until('idle', () => sink.failures[0]);
    expect(sink.attachments).toEqual([]);
  });
});
