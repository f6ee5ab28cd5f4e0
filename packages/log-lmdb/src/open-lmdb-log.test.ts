import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logConformance } from '@entwine/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { seal, wrap } from './envelope.ts';
import { factKey, formatKey, streamKey } from './keys.ts';
import { LmdbStore } from './lmdb-store.ts';
import { openLmdbLog } from './open-lmdb-log.ts';

const folders: string[] = [];

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'entwine-log-'));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** Alters one byte of every copy of `bytes` in the file (LMDB leaves old copies of small values behind). */
function flipInFile(file: string, bytes: Uint8Array): void {
  const content = readFileSync(file);
  let at = content.indexOf(bytes);
  if (at < 0) throw new Error('The bytes are not in the file');
  for (; at >= 0; at = content.indexOf(bytes, at + 1)) content[at + (bytes.length >> 1)]! ^= 1;
  writeFileSync(file, content);
}

/** Changes a stored value behind the log's back. */
async function tamper(folder: string, key: Buffer, change: (value: Uint8Array) => Uint8Array): Promise<void> {
  const store = new LmdbStore(join(folder, 'log.mdb'), 2 ** 30);
  await store.write([{ key, value: change(store.get(key)!) }]);
  await store.close();
}

describe('LMDB log: conformance', () => {
  for (const { name, run } of logConformance) {
    it(name, () =>
      run(async () => {
        const folder = await makeFolder();
        const path = join(folder, 'made', 'when', 'missing');
        return {
          open: () => openLmdbLog({ path }),
          async damage(stream, seq) {
            const log = await openLmdbLog({ path });
            const [record] = log.read(stream, seq, 1);
            await log.close();
            flipInFile(join(path, 'log.mdb'), record!.body);
          },
          dispose: () => rm(folder, { recursive: true, force: true }),
        };
      }),
    );
  }
});

describe('LMDB log: damage', () => {
  const append = (first: number, body: Uint8Array) => ({
    append: [{ stream: 'a/0/1', first, last: first, body }],
    put: [{ key: 'position', value: Uint8Array.of(1, 2, 3) }],
    trim: [],
  });

  it('names a large record with a flipped byte, and reads its neighbours', async () => {
    const path = await makeFolder();
    const body = (seq: number) => new Uint8Array(180_000).map((_, index) => (index * seq) >>> 3);
    const log = await openLmdbLog({ path });
    for (const seq of [1, 2, 3]) await log.commit(append(seq, body(seq)));
    await log.close();
    flipInFile(join(path, 'log.mdb'), body(2));
    const again = await openLmdbLog({ path });
    expect(() => again.read('a/0/1', 2, 1)).toThrow(/record of a\/0\/1 that begins at 2 .*checksum/);
    expect(again.read('a/0/1', 1, 1)[0]?.body).toEqual(body(1));
    expect(again.read('a/0/1', 3, 1)[0]?.body).toEqual(body(3));
    await again.close();
  });

  it('names a damaged fact and a damaged stream', async () => {
    const path = await makeFolder();
    const log = await openLmdbLog({ path });
    await log.commit(append(1, Uint8Array.of(1)));
    await log.close();
    const flip = (value: Uint8Array) => value.with(-1, value.at(-1)! ^ 0x10);
    await tamper(path, factKey('position'), flip);
    const again = await openLmdbLog({ path });
    expect(() => again.get('position')).toThrow(/fact position .*checksum/);
    expect(again.read('a/0/1', 1, 1)).toHaveLength(1);
    await again.close();
    await tamper(path, streamKey(1), flip);
    await expect(openLmdbLog({ path })).rejects.toMatchObject({ code: 'corrupt', message: /stream number 1/ });
  });

  it('notices a record that is missing', async () => {
    const path = await makeFolder();
    const log = await openLmdbLog({ path });
    for (const seq of [1, 2, 3]) await log.commit(append(seq, Uint8Array.of(seq)));
    await log.close();
    const store = new LmdbStore(join(path, 'log.mdb'), 2 ** 30);
    const keys = [...store.keys(Buffer.of(4), Buffer.of(5))].map((key) => Buffer.from(key));
    await store.write([{ key: keys[1]!, value: null }]);
    await store.close();
    const again = await openLmdbLog({ path });
    expect(() => again.read('a/0/1', 1, 1000)).toThrow(/a\/0\/1 that holds 2 is missing/);
    expect(again.read('a/0/1', 3, 1000)).toHaveLength(1);
    await again.close();
  });

  it('refuses a newer schema by name, and a file that is no log', async () => {
    const path = await makeFolder();
    await (await openLmdbLog({ path })).close();
    await tamper(path, formatKey, () => {
      const value = wrap(Buffer.from('whatever comes'));
      value[4] = 2;
      return seal(formatKey, value);
    });
    await expect(openLmdbLog({ path })).rejects.toMatchObject({ code: 'schema', message: /schema 2.*schema 1/ });
    const other = await makeFolder();
    writeFileSync(join(other, 'log.mdb'), Buffer.alloc(20_000, 'not lmdb'));
    await expect(openLmdbLog({ path: other })).rejects.toMatchObject({ code: 'corrupt', message: /no LMDB meta page/ });
  });

  it('survives a file cut short', async () => {
    const path = await makeFolder();
    const file = join(path, 'log.mdb');
    const log = await openLmdbLog({ path });
    for (const seq of [1, 2, 3]) await log.commit(append(seq, new Uint8Array(180_000).fill(seq)));
    await log.close();
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, 5000));
    await expect(openLmdbLog({ path })).rejects.toMatchObject({ code: 'corrupt' });
    writeFileSync(file, whole.subarray(0, 400_000));
    const again = await openLmdbLog({ path });
    const outcomes = [1, 2, 3].map((seq) => {
      try {
        return again.read('a/0/1', seq, 1)[0]!.body.every((byte) => byte === seq);
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
    expect(outcomes).toContain('corrupt');
    expect(outcomes).toContain(true);
    await again.close();
  });
});

describe('LMDB log: limits', () => {
  const append = (first: number, length: number) => ({
    append: [{ stream: 'a/0/1', first, last: first, body: new Uint8Array(length).fill(first) }],
    put: [],
    trim: [],
  });

  it('is full at maxBytes, keeps what it has, and goes on after a trim', async () => {
    const path = await makeFolder();
    const log = await openLmdbLog({ path, maxBytes: 4 * 1024 ** 2 });
    let seq = 0;
    const fill = async () => {
      for (;;) {
        await log.commit(append(seq + 1, 100_000));
        seq++;
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: 'full', retriable: true, message: /maxBytes \(4194304\)/ });
    expect(seq).toBeGreaterThan(30);
    expect(log.read('a/0/1', 1, 2 ** 30)).toHaveLength(seq);
    await log.commit({
      append: [],
      put: [{ key: 'x', value: Uint8Array.of(1) }],
      trim: [{ stream: 'a/0/1', upTo: seq - 5 }],
    });
    expect(log.bytes()).toBe(500_000);
    await log.commit(append(seq + 1, 100_000));
    await log.close();
  });

  it('refuses misuse with a RangeError', async () => {
    const path = await makeFolder();
    await expect(openLmdbLog({ path, maxBytes: 10 })).rejects.toBeInstanceOf(RangeError);
    const log = await openLmdbLog({ path });
    const record = { stream: 'a/0/1', first: 5, last: 4, body: new Uint8Array(1) };
    await expect(log.commit({ append: [record], put: [], trim: [] })).rejects.toBeInstanceOf(RangeError);
    const fact = { key: 'x'.repeat(1901), value: new Uint8Array(1) };
    await expect(log.commit({ append: [], put: [fact], trim: [] })).rejects.toBeInstanceOf(RangeError);
    await log.close();
  });

  it('trims ten thousand records at a time', async () => {
    const path = await makeFolder();
    const log = await openLmdbLog({ path });
    const records = Array.from({ length: 12_000 }, (_, index) => append(index + 1, 10).append[0]!);
    await log.commit({ append: records, put: [], trim: [] });
    const trim = { append: [], put: [], trim: [{ stream: 'a/0/1', upTo: 11_990 }] };
    await log.commit(trim);
    expect(log.streams()).toEqual([{ stream: 'a/0/1', first: 10_001, last: 12_000 }]);
    await log.commit(trim);
    expect(log.streams()).toEqual([{ stream: 'a/0/1', first: 11_991, last: 12_000 }]);
    expect(log.bytes()).toBe(100);
    await log.close();
  });
});

describe('LMDB log: the folder', () => {
  it('says what is wrong with a place it cannot write', async () => {
    const folder = await makeFolder();
    writeFileSync(join(folder, 'file'), '');
    for (const path of [join(folder, 'file'), join(folder, 'file', 'below')]) {
      await expect(openLmdbLog({ path })).rejects.toMatchObject({ code: 'not-writable', message: /not a folder/ });
    }
    await expect(openLmdbLog({ path: '/proc/entwine' })).rejects.toMatchObject({ code: 'not-writable' });
    await expect(openLmdbLog({ path: '/proc' })).rejects.toMatchObject({ code: 'not-writable' });
  });

  it('refuses a second open by this process and names it', async () => {
    const path = await makeFolder();
    const log = await openLmdbLog({ path });
    await expect(openLmdbLog({ path })).rejects.toMatchObject({
      code: 'in-use',
      retriable: true,
      message: new RegExp(`this process \\(pid ${process.pid}\\)`),
    });
    await log.close();
    await (await openLmdbLog({ path })).close();
  });

  it.runIf(process.platform === 'linux')(
    'takes over from a reused pid, another boot and a damaged lock file',
    async () => {
      const path = await makeFolder();
      await (await openLmdbLog({ path })).close();
      const holder = join(path, 'holder.json');
      const log = await openLmdbLog({ path });
      const mine = JSON.parse(readFileSync(holder, 'utf8')) as Record<string, string>;
      await log.close();
      for (const left of [
        { ...mine, start: '1' },
        { ...mine, boot: 'another' },
        { ...mine, namespace: 'pid:[1]' },
      ]) {
        writeFileSync(holder, JSON.stringify({ ...left, nonce: 'another' }));
        await (await openLmdbLog({ path })).close();
      }
      writeFileSync(holder, '');
      await (await openLmdbLog({ path })).close();
      writeFileSync(holder, JSON.stringify({ ...mine, nonce: 'another' }));
      await expect(openLmdbLog({ path })).rejects.toMatchObject({ code: 'in-use' });
    },
  );
});
