/**
 * Conformance cases for the `Log` port: every promise of its doc comments, once.
 *
 * Rules: no test framework; a case throws on failure and closes what it opens. Each case gets a fresh, empty place. Sizes
 * are small; speed, crashes of the process and full disks are the adapter's own tests.
 */
import type { Log, LogCommit, LogRecord, Origin } from '@entwine/core';

/** Somewhere to keep one log. */
export interface LogPlace {
  /** Opens the log; again after it was closed. Rejects with `in-use` while it is open. */
  open(): Promise<Log>;
  /** Alters the stored bytes of the flushed record that holds `seq` of `stream`. Called while the log is closed. */
  damage(stream: Origin, seq: number): Promise<void>;
  /** Removes the place. */
  dispose(): Promise<void>;
}

/** One case. */
export interface LogConformanceCase {
  readonly name: string;
  /** Resolves when the adapter behaves. */
  run(makePlace: () => Promise<LogPlace>): Promise<void>;
}

const a: Origin = 'alpha/0/1';
const b: Origin = 'beta/0/1';

const cases: Record<string, (place: LogPlace) => Promise<void>> = {
  async 'an empty log holds nothing'(place) {
    const log = await place.open();
    same(log.streams(), [], 'streams');
    same(log.read(a, 1, 1000), [], 'records');
    same(log.get('position'), undefined, 'fact');
    same(log.bytes(), 0, 'bytes');
    await log.commit(commit({}));
    await log.close();
  },

  async 'a commit is there when it resolves, and after reopening'(place) {
    const log = await place.open();
    const fact = Uint8Array.of(0, 1, 255);
    await log.commit(commit({ append: [record(a, 1, 3), record(b, 7, 7)], put: [{ key: 'position', value: fact }] }));
    const check = (opened: Log) => {
      same(opened.read(a, 1, 1000), [record(a, 1, 3)], 'records of a');
      same(opened.read(b, 1, 1000), [record(b, 7, 7)], 'records of b');
      same(opened.get('position'), fact, 'fact');
      same(ranges(opened), { [a]: [1, 3], [b]: [7, 7] }, 'streams');
      same(opened.bytes(), record(a, 1, 3).body.length + record(b, 7, 7).body.length, 'bytes');
    };
    check(log);
    await log.close();
    await reopened(place, check);
  },

  async 'nothing of a commit is seen before it is flushed'(place) {
    const log = await place.open();
    const pending = log.commit(commit({ append: [record(a, 1, 1)], put: [{ key: 'x', value: Uint8Array.of(1) }] }));
    same(log.read(a, 1, 1000), [], 'records');
    same(log.get('x'), undefined, 'fact');
    same(log.streams(), [], 'streams');
    same(log.bytes(), 0, 'bytes');
    await pending;
    same(log.read(a, 1, 1000).length, 1, 'records afterwards');
    await log.close();
  },

  async 'commits take effect and resolve in call order'(place) {
    const log = await place.open();
    const order: number[] = [];
    const pending = Array.from({ length: 50 }, (_, index) =>
      log
        .commit(commit({ append: [record(a, index + 1, index + 1)], put: [{ key: 'n', value: Uint8Array.of(index) }] }))
        .then(() => order.push(index)),
    );
    await Promise.all(pending);
    same(order, [...Array(50).keys()], 'order');
    same(log.get('n'), Uint8Array.of(49), 'last fact');
    same(log.read(a, 1, 1_000_000).length, 50, 'records');
    await log.close();
  },

  async 'buffers may be used again once commit was called'(place) {
    const log = await place.open();
    const body = Uint8Array.of(1, 2, 3);
    const value = Uint8Array.of(4, 5);
    const pending = log.commit(
      commit({ append: [{ stream: a, first: 1, last: 1, body }], put: [{ key: 'k', value }] }),
    );
    body.fill(9);
    value.fill(9);
    await pending;
    same(log.read(a, 1, 100)[0]?.body, Uint8Array.of(1, 2, 3), 'body');
    same(log.get('k'), Uint8Array.of(4, 5), 'fact');
    log.read(a, 1, 100)[0]!.body.fill(7);
    same(log.read(a, 1, 100)[0]?.body, Uint8Array.of(1, 2, 3), 'body after the reader changed its copy');
    await log.close();
  },

  async 'a stream may start anywhere and then has no gap'(place) {
    const log = await place.open();
    await log.commit(commit({ append: [record(a, 40, 41), record(a, 42, 50)] }));
    same(ranges(log), { [a]: [40, 50] }, 'streams');
    for (const first of [40, 50, 52, 1]) {
      await rejects('gap', () => log.commit(commit({ append: [record(a, first, first + 2)] })));
    }
    await log.commit(commit({ append: [record(a, 51, 51)] }));
    same(ranges(log), { [a]: [40, 51] }, 'streams afterwards');
    await log.close();
  },

  async 'a commit with a gap writes nothing of itself, and the others stand'(place) {
    const log = await place.open();
    const bad = commit({
      append: [record(b, 1, 1), record(a, 2, 2), record(a, 4, 4)],
      put: [{ key: 'bad', value: Uint8Array.of(1) }],
      trim: [{ stream: a, upTo: 1 }],
    });
    const before = log.commit(commit({ append: [record(a, 1, 1)] }));
    const refused = rejects('gap', () => log.commit(bad));
    const after = log.commit(commit({ append: [record(a, 2, 3)] }));
    await Promise.all([before, refused, after]);
    const check = (opened: Log) => {
      same(opened.read(a, 1, 1000), [record(a, 1, 1), record(a, 2, 3)], 'records');
      same(opened.get('bad'), undefined, 'fact');
      same(ranges(opened), { [a]: [1, 3] }, 'streams');
    };
    check(log);
    await log.close();
    await reopened(place, check);
  },

  async 'reading starts with the record that holds the number, and stops near the limit'(place) {
    const log = await place.open();
    const all = Array.from({ length: 20 }, (_, index) => record(a, index * 10 + 1, index * 10 + 10));
    await log.commit(commit({ append: [...all, record(b, 1, 1)] }));
    same(log.read(a, 0, 1_000_000), all, 'from below the first');
    same(log.read(a, 1, 0), all.slice(0, 1), 'at least one');
    same(log.read(a, 15, 1), all.slice(1, 2), 'inside a record');
    same(log.read(a, 20, 1), all.slice(1, 2), 'its last');
    same(log.read(a, 21, 1), all.slice(2, 3), 'the next one');
    same(log.read(a, 200, 1_000_000), all.slice(19), 'the end');
    same(log.read(a, 201, 1_000_000), [], 'above the end');
    same(log.read('nobody/0/1', 1, 1000), [], 'an unknown stream');
    const some = log.read(a, 1, 100);
    if (some.length < 1 || some.length === all.length)
      throw new Error(`maxBytes has no effect: ${some.length} records`);
    same(some, all.slice(0, some.length), 'a prefix');
    await log.close();
  },

  async 'trimming drops whole records only'(place) {
    const log = await place.open();
    await log.commit(commit({ append: [record(a, 1, 10), record(a, 11, 20), record(a, 21, 30), record(b, 1, 1)] }));
    await log.commit(commit({ trim: [{ stream: a, upTo: 9 }] }));
    same(ranges(log)[a], [1, 30], 'part of the first');
    await log.commit(commit({ trim: [{ stream: a, upTo: 15 }] }));
    same(ranges(log)[a], [11, 30], 'the first');
    same(log.read(a, 1, 1000), [record(a, 11, 20), record(a, 21, 30)], 'records kept');
    same(log.read(b, 1, 1000), [record(b, 1, 1)], 'the other stream');
    await log.commit(
      commit({
        trim: [
          { stream: a, upTo: 3 },
          { stream: 'nobody/0/1', upTo: 9 },
        ],
      }),
    );
    same(ranges(log)[a], [11, 30], 'below what is kept');
    const bodies = [record(a, 11, 20), record(a, 21, 30), record(b, 1, 1)];
    same(
      log.bytes(),
      bodies.reduce((sum, { body }) => sum + body.length, 0),
      'bytes',
    );
    await log.close();
  },

  async 'the last number survives full trimming and reopening'(place) {
    const log = await place.open();
    await log.commit(commit({ append: [record(a, 1, 10), record(a, 11, 20)] }));
    await log.commit(commit({ trim: [{ stream: a, upTo: Number.MAX_SAFE_INTEGER }] }));
    const check = async (opened: Log) => {
      same(opened.streams(), [{ stream: a, first: 21, last: 20 }], 'streams');
      same(opened.read(a, 1, 1000), [], 'records');
      same(opened.bytes(), 0, 'bytes');
      await rejects('gap', () => opened.commit(commit({ append: [record(a, 1, 1)] })));
    };
    await check(log);
    await log.close();
    await reopened(place, async (opened) => {
      await check(opened);
      await opened.commit(commit({ append: [record(a, 21, 22)] }));
      same(opened.streams(), [{ stream: a, first: 21, last: 22 }], 'streams when it goes on');
    });
  },

  async 'records appended and trimmed at once'(place) {
    const log = await place.open();
    await log.commit(commit({ append: [record(a, 1, 5)] }));
    const pending = log.commit(commit({ append: [record(a, 6, 9)] }));
    await log.commit(commit({ append: [record(a, 10, 12), record(a, 13, 14)], trim: [{ stream: a, upTo: 12 }] }));
    await pending;
    const check = (opened: Log) => {
      same(opened.streams(), [{ stream: a, first: 13, last: 14 }], 'streams');
      same(opened.read(a, 1, 1000), [record(a, 13, 14)], 'records');
      same(opened.bytes(), record(a, 13, 14).body.length, 'bytes');
    };
    check(log);
    await log.close();
    await reopened(place, check);
  },

  async 'facts are replaced, removed and may be empty'(place) {
    const log = await place.open();
    await log.commit(
      commit({
        put: [
          { key: 'x', value: Uint8Array.of(1) },
          { key: '', value: Uint8Array.of(2) },
        ],
      }),
    );
    await log.commit(
      commit({
        put: [
          { key: 'x', value: new Uint8Array(0) },
          { key: 'ключ/✓', value: new Uint8Array(5000).fill(3) },
          { key: 'never there', value: null },
        ],
      }),
    );
    same(log.get('x'), new Uint8Array(0), 'empty value');
    same(log.get(''), Uint8Array.of(2), 'empty name');
    same(log.get('ключ/✓'), new Uint8Array(5000).fill(3), 'name beyond ASCII');
    await log.commit(
      commit({
        put: [
          { key: 'x', value: null },
          { key: '', value: null },
        ],
      }),
    );
    same(log.get('x'), undefined, 'removed');
    same(log.get(''), undefined, 'removed, empty name');
    await log.close();
    await reopened(place, (opened) => same(opened.get('x'), undefined, 'removed, reopened'));
  },

  async 'large records, empty records and large numbers'(place) {
    const log = await place.open();
    const first = 2 ** 40;
    const large: LogRecord = { stream: a, first, last: 2 ** 52, body: pattern(a, first, 300_000) };
    const empty: LogRecord = { stream: a, first: 2 ** 52 + 1, last: 2 ** 52 + 1, body: new Uint8Array(0) };
    await log.commit(commit({ append: [large, empty] }));
    await log.close();
    await reopened(place, (opened) => {
      same(opened.read(a, 1, 1_000_000), [large, empty], 'both');
      same(opened.read(a, 2 ** 52, 1), [large], 'the large one');
      same(opened.bytes(), 300_000, 'bytes');
    });
  },

  async 'a damaged record is never returned and named, and the rest can be read'(place) {
    const log = await place.open();
    const mine = [record(a, 1, 10), record(a, 11, 20), record(a, 21, 30)];
    await log.commit(commit({ append: [...mine, record(b, 1, 1)] }));
    await log.close();
    await place.damage(a, 15);
    await reopened(place, async (opened) => {
      for (const from of [11, 15, 20]) {
        const error = await rejects('corrupt', async () => opened.read(a, from, 1));
        if (!error.message.includes(a) || !/\b11\b/.test(error.message)) {
          throw new Error(`The error names neither stream nor number: ${error.message}`);
        }
      }
      await rejects('corrupt', async () => opened.read(a, 1, 1_000_000));
      same(opened.read(a, 1, 1), mine.slice(0, 1), 'the record before');
      same(opened.read(a, 21, 1000), mine.slice(2), 'the record after');
      same(opened.read(b, 1, 1000), [record(b, 1, 1)], 'the other stream');
      await opened.commit(commit({ append: [record(a, 31, 31)], trim: [{ stream: a, upTo: 20 }] }));
      same(opened.read(a, 1, 1000), [record(a, 21, 30), record(a, 31, 31)], 'after trimming it');
    });
  },

  async 'a second holder is refused until the first one closes'(place) {
    const log = await place.open();
    await log.commit(commit({ append: [record(a, 1, 1)] }));
    await rejects('in-use', () => place.open());
    await log.commit(commit({ append: [record(a, 2, 2)] }));
    await log.close();
    await reopened(place, (opened) => same(ranges(opened), { [a]: [1, 2] }, 'streams'));
  },

  async 'closing flushes what was committed and refuses what follows'(place) {
    const log = await place.open();
    const pending = [
      log.commit(commit({ append: [record(a, 1, 1)] })),
      log.commit(commit({ append: [record(a, 2, 2)] })),
    ];
    await Promise.all([log.close(), log.close()]);
    await Promise.all(pending);
    await rejects('closed', () => log.commit(commit({ append: [record(a, 3, 3)] })));
    for (const use of [() => log.read(a, 1, 1), () => log.streams(), () => log.get('x'), () => log.bytes()]) {
      await rejects('closed', async () => use());
    }
    await reopened(place, (opened) => same(ranges(opened), { [a]: [1, 2] }, 'streams'));
  },
};

/** The cases, in no particular order. */
export const logConformance: readonly LogConformanceCase[] = Object.entries(cases).map(([name, check]) => ({
  name,
  async run(makePlace) {
    const place = await makePlace();
    try {
      await check(place);
    } finally {
      await place.dispose();
    }
  },
}));

function commit(parts: Partial<LogCommit>): LogCommit {
  return { append: [], put: [], trim: [], ...parts };
}

function record(stream: Origin, first: number, last: number): LogRecord {
  return { stream, first, last, body: pattern(stream, first, 48) };
}

/** Bytes that occur in no other record. */
function pattern(stream: Origin, first: number, length: number): Uint8Array {
  let state = first ^ (stream.charCodeAt(0) << 16);
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state >>> 16;
  });
}

function ranges(log: Log): Record<Origin, [number, number]> {
  return Object.fromEntries(log.streams().map(({ stream, first, last }) => [stream, [first, last]]));
}

async function reopened(place: LogPlace, check: (log: Log) => void | Promise<void>): Promise<void> {
  const log = await place.open();
  await check(log);
  await log.close();
}

async function rejects(code: string, action: () => Promise<unknown>): Promise<Error> {
  try {
    await action();
  } catch (error) {
    if (error instanceof Error && (error as Error & { code?: unknown }).code === code) return error;
    throw new Error(`Expected an error with code ${code}`, { cause: error });
  }
  throw new Error(`Expected an error with code ${code}, but nothing was thrown`);
}

function same(actual: unknown, expected: unknown, what: string): void {
  if (show(actual) !== show(expected)) throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Bytes as one string, keys in order: equal values give equal text. */
function show(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Uint8Array) return `bytes ${part.length}: ${Array.from(part).join(' ')}`;
    if (part === undefined) return 'undefined';
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([x], [y]) => (x < y ? -1 : 1)));
  });
}
