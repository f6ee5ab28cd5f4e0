/**
 * The record of conflicts: sites that cannot hear each other write to the same cells, are killed in between, and hear of each
 * other. Each site then tells exactly the conflicts that its own writes took part in, once, and both writers tell the same.
 */
import { type Mesh, pause, Random } from '../../apps/demo/src/lab/index.ts';
import { expectSame, expectThat } from '../support/expect-that.ts';
import { LiveStage } from '../support/live-stage.ts';
import type { Figures, RunContext, Scenario } from '../support/scenario.ts';

/** Two sites' writes to one key, the second newer, and the conflict that they are: `kind key[cell]: winner over loser`. */
interface Meeting {
  readonly before?: string;
  readonly first: string;
  readonly second: string;
  readonly conflict: string | undefined;
  /** Refused by a server that knows of the first. */
  readonly onlyApart?: true;
}

/** `*` stands for the key. */
const meetings: Readonly<Record<string, Meeting>> = {
  set: { first: 'SET * one', second: 'SET * two', conflict: 'string *[]: b over a' },
  same: { first: 'SET * one', second: 'SET * one', conflict: undefined },
  field: { first: 'HSET * f 1 g 1', second: 'HSET * f 2 h 2', conflict: 'hash *[f]: b over a' },
  score: { first: 'ZADD * 1 m 1 n', second: 'ZADD * 2 m 2 o', conflict: 'zset *[m]: b over a' },
  added: { before: 'SADD * o', first: 'SADD * m', second: 'DEL *', conflict: 'set *[m]: b over a' },
  deleted: { before: 'SADD * o', first: 'DEL *', second: 'SADD * m n', conflict: 'delete *[]: b over a' },
  both: { before: 'SET * o', first: 'DEL *', second: 'DEL *', conflict: undefined },
  counted: { before: 'SET * 5', first: 'INCR *', second: 'SET * 100', conflict: 'count *[]: b over a' },
  sums: { before: 'SET * 5', first: 'INCR *', second: 'INCRBY * 10', conflict: undefined },
  pushed: { before: 'RPUSH * o', first: 'RPUSH * a', second: 'RPUSH * b', conflict: undefined },
  ended: { before: 'RPUSH * o', first: 'RPUSH * a', second: 'DEL *', conflict: 'list *[]: b over a' },
  kinds: { first: 'HSET * f 1', second: 'SADD * m', conflict: 'hash *[f]: b over a', onlyApart: true },
  expiry: {
    before: 'SET * v',
    first: 'PEXPIREAT * 4000000000000',
    second: 'PEXPIREAT * 4100000000000',
    conflict: 'expiry *[]: b over a',
  },
};

export const audit: Scenario = {
  name: 'audit',
  title:
    'conflicts of sites cut off from each other are on record at both writers, once, across kill -9; sequential writes are not',
  ciRuns: 1,
  fullRuns: 10,
  run: async (context) => {
    const mesh = await context.start({ names: ['a', 'b', 'c'], withReplicas: false });
    const stage = new LiveStage(mesh, context.seed, 'audit:');
    context.defer(() => stage.close());
    await inTurn(stage);
    context.log('written in turn: nothing on record');
    return await apart(stage, mesh, context);
  },
};

const keysOf = (stage: LiveStage): [key: string, meeting: Meeting][] =>
  Object.entries(meetings).map(([name, meeting]) => [stage.key(name), meeting]);

async function run(stage: LiveStage, site: string, command: string | undefined, key: string): Promise<void> {
  if (command !== undefined) await stage.do(site, ...command.split(' ').map((word) => (word === '*' ? key : word)));
}

/** Every site overwrites what it has received. */
async function inTurn(stage: LiveStage): Promise<void> {
  for (const which of ['before', 'first', 'second'] as const) {
    for (const [key, meeting] of keysOf(stage)) {
      if (meeting.onlyApart === true) continue;
      await run(stage, which === 'first' ? 'b' : 'c', meeting[which], `${key}:t`);
    }
    await stage.settled();
  }
  for (const name of stage.names)
    expectSame(`conflicts at ${name} of writes in turn`, (await lines(stage, name)).length, 0);
}

/** Sites write without hearing of each other, and are killed at any moment. */
async function apart(stage: LiveStage, mesh: Mesh, context: RunContext): Promise<Figures> {
  const random = new Random(context.seed);
  for (const [key, meeting] of keysOf(stage)) await run(stage, 'c', meeting.before, key);
  await stage.settled();
  stage.apart();
  for (const [key, meeting] of keysOf(stage)) await run(stage, 'a', meeting.first, key);
  const three = stage.key('three');
  await stage.do('a', 'SET', three, 'one');
  await stage.captured('a');
  for (const [key, meeting] of keysOf(stage)) await run(stage, 'b', meeting.second, key);
  await stage.do('b', 'SET', three, 'two');
  await stage.captured('b');
  await stage.do('c', 'SET', three, 'three');
  await stage.captured('c');
  stage.together();
  let kills = 0;
  for (const name of random.chance(0.5) ? ['a', 'b'] : ['b', 'a']) {
    await pause(random.integer(0, 1500));
    const { replicator } = mesh.site(name);
    await replicator.kill();
    replicator.start();
    await replicator.ready();
    kills++;
  }
  await stage.settled();
  const expected = keysOf(stage).flatMap(([key, { conflict }]) =>
    conflict === undefined ? [] : [conflict.replace('*', key)],
  );
  await check(stage, three, expected);
  // Nor does one more start change anything.
  await mesh.site('a').replicator.kill();
  mesh.site('a').replicator.start();
  await mesh.site('a').replicator.ready();
  await check(stage, three, expected);
  return { meetings: keysOf(stage).length, conflicts: expected.length, kills: kills + 1 };
}

async function check(stage: LiveStage, three: string, expected: readonly string[]): Promise<void> {
  const [a, b, c] = [await lines(stage, 'a'), await lines(stage, 'b'), await lines(stage, 'c')];
  const ofMeetings = (all: readonly Line[], what: 'text' | 'digest'): string =>
    listed(all, what, (key) => key !== three);
  expectSame('on record at a', ofMeetings(a, 'text'), expected.toSorted().join('\n'));
  expectSame('on record at b', ofMeetings(b, 'text'), expected.toSorted().join('\n'));
  expectSame('on record at c', ofMeetings(c, 'text'), '');
  expectSame('what is discarded, at b as at a', ofMeetings(b, 'digest'), ofMeetings(a, 'digest'));
  const lost = (all: readonly Line[]): string => listed(all, 'loser', (key) => key === three);
  expectSame('what a has lost of three', lost(a), 'a');
  expectThat('b has lost to c, once', /^(a\n)?b$/.test(lost(b)), lost(b));
  expectSame('what c has won of three', lost(c), 'a\nb');
}

function listed(all: readonly Line[], what: 'text' | 'digest' | 'loser', is: (key: string) => boolean): string {
  const found = all.filter(({ key }) => is(key)).map((line) => line[what]);
  return found.sort().join('\n');
}

interface Line {
  readonly key: string;
  readonly text: string;
  readonly loser: string;
  readonly digest: string;
}

/** What a site has on record. */
async function lines(stage: LiveStage, name: string): Promise<Line[]> {
  const conflicts = await stage.site(name).replicator.conflicts('--key', `${stage.key('')}*`, '--since', '1h');
  return conflicts.map((conflict) => {
    const { kind, key, cell } = conflict as Record<string, string>;
    const [winner, loser] = [conflict.winner, conflict.loser].map((write) => (write as { site: string }).site);
    const digest = (conflict.discarded as { digest?: string } | null)?.digest ?? 'nothing';
    return {
      key: key!,
      text: `${kind} ${key}[${cell}]: ${winner} over ${loser}`,
      loser: loser!,
      digest: `${key} ${digest}`,
    };
  });
}
