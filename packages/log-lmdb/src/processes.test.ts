/**
 * Several processes: killed in the middle of commits, and two on one folder. A kill loses nothing that the kernel has;
 * that commits are flushed before they resolve rests on what `lmdb-store.ts` says of the source, and on strace.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { openLmdbLog } from './open-lmdb-log.ts';

const stream = 'a/0/1';
const open = `import { openLmdbLog } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
const log = await openLmdbLog({ path: process.argv[1] });
`;

/** Commits without end, four at a time in flight, and prints each sequence number whose commit has resolved. */
const committer = `${open}
import { writeSync } from 'node:fs';
let seq = log.streams()[0]?.last ?? 0;
const lane = async () => {
  for (;;) {
    const first = seq + 1, last = seq + 1 + seq % 7;
    seq = last;
    const body = new Uint8Array(20 + (last * 7919) % 180_000).fill(last % 251);
    await log.commit({
      append: [{ stream: '${stream}', first, last, body }],
      put: [{ key: 'position', value: Buffer.from(String(last)) }, { key: 'lane', value: Buffer.from(String(first)) }],
      trim: last % 5 === 0 ? [{ stream: '${stream}', upTo: last - 400 }] : [],
    });
    writeSync(1, last + '\\n');
  }
};
await Promise.all([lane(), lane(), lane(), lane()]);
`;

const holder = `${open}
console.log('open');
setInterval(() => {}, 1000);
`;

const children: ChildProcess[] = [];
let path = '';

async function start(code: string): Promise<{ child: ChildProcess; lines: string[] }> {
  const args = ['--conditions=@entwine/source', '--input-type=module', '-e', code, '--', path];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines: string[] = [];
  let rest = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    lines.push(...parts);
  });
  while (lines.length === 0 && child.exitCode === null) await sleep(2);
  return { child, lines };
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) await kill(child);
  spawnSync('umount', [path]);
  await rm(path, { recursive: true, force: true });
});

describe('LMDB log: killed in the middle of commits', () => {
  it('keeps every commit that resolved and none by half', { timeout: 60_000 }, async () => {
    path = await mkdtemp(join(tmpdir(), 'entwine-log-'));
    let before = 0;
    for (let round = 0; round < 8; round++) {
      const { child, lines } = await start(committer);
      await sleep(10 + round * 25);
      await kill(child);
      const resolved = Number(lines.at(-1));
      expect(resolved).toBeGreaterThan(before);
      const log = await openLmdbLog({ path });
      const [kept] = log.streams();
      expect(kept!.last).toBeGreaterThanOrEqual(resolved);
      expect(Buffer.from(log.get('position')!).toString()).toBe(String(kept!.last));
      const records = log.read(stream, kept!.first, Number.MAX_SAFE_INTEGER);
      expect(records.at(-1)!.first).toBe(Number(Buffer.from(log.get('lane')!).toString()));
      let next = kept!.first;
      for (const { first, last, body } of records) {
        expect(first).toBe(next);
        expect(body.length).toBe(20 + ((last * 7919) % 180_000));
        expect(body.every((byte) => byte === last % 251)).toBe(true);
        next = last + 1;
      }
      expect(next).toBe(kept!.last + 1);
      expect(log.bytes()).toBe(records.reduce((sum, { body }) => sum + body.length, 0));
      before = kept!.last;
      await log.close();
    }
  });
});

describe('LMDB log: a full disk', () => {
  it('is refused before LMDB meets it, and goes on when trimmed or given room', async (context) => {
    path = await mkdtemp(join(tmpdir(), 'entwine-log-'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'none', path]).status !== 0) {
      context.skip('needs the right to mount a small file system');
    }
    const folder = join(path, 'log');
    let log = await openLmdbLog({ path: folder });
    let seq = 0;
    const append = async () => {
      const record = { stream, first: seq + 1, last: seq + 1, body: new Uint8Array(500_000).fill(seq) };
      await log.commit({ append: [record], put: [], trim: [] });
      seq++;
    };
    const until = async (action: () => Promise<void>) => {
      for (;;) await action();
    };
    const full = { code: 'full', retriable: true };
    await expect(until(append)).rejects.toMatchObject(full);
    expect(seq).toBeGreaterThan(40);
    await log.commit({ append: [], put: [], trim: [{ stream, upTo: seq - 20 }] });
    for (let i = 0; i < 10; i++) await append();

    // The reserve is used up by somebody else.
    const disk = statfsSync(path);
    writeFileSync(join(path, 'others'), Buffer.alloc(disk.bavail * disk.bsize));
    await expect(until(append)).rejects.toMatchObject(full);
    expect(log.streams()[0]!.last).toBe(seq);
    expect(log.read(stream, seq, 1)[0]!.body[0]).toBe((seq - 1) & 255);
    await log.close();
    rmSync(join(path, 'others'));
    log = await openLmdbLog({ path: folder });
    expect(log.streams()[0]!.last).toBe(seq);
    await append();
    await log.close();
  });
});

describe('LMDB log: two processes', () => {
  it('refuses the second, names the first, and lets it in once that is killed', async () => {
    path = await mkdtemp(join(tmpdir(), 'entwine-log-'));
    const { child } = await start(holder);
    const refused = { code: 'in-use', message: new RegExp(`in use by process ${child.pid}\\b`) };
    await expect(openLmdbLog({ path })).rejects.toMatchObject(refused);
    await kill(child);
    await (await openLmdbLog({ path })).close();
  });

  it('still refuses when the lock file is gone: LMDB knows its readers', async () => {
    path = await mkdtemp(join(tmpdir(), 'entwine-log-'));
    const { child } = await start(holder);
    await rm(join(path, 'holder.json'));
    const refused = { code: 'in-use', message: new RegExp(`in use by process ${child.pid}\\b`) };
    await expect(openLmdbLog({ path })).rejects.toMatchObject(refused);
    await kill(child);
    await (await openLmdbLog({ path })).close();
  });
});
