/**
 * Operations of the apply script as a test draws them: for each letter its arguments, and the commands that it takes.
 *
 * Keys are those of the differential test, so that calls meet what plain commands have written; what is expected of them is
 * looked up about half of the time, so that tests come out both ways.
 */
import { expiryGraceMs } from '../../packages/core/src/index.ts';
import type { ModelReply } from '../../packages/testkit/src/index.ts';
import type { Draw } from '../differential/draw.ts';
import type { Words } from '../differential/row.ts';
import { streamLetters } from './script-stream-letters.ts';

/** What a letter's arguments are drawn from. */
export interface ScriptDraw {
  readonly draw: Draw;
  /** The database that the call has selected. */
  db: number;
  /** What a command replies now, without the operations before. */
  look(...words: readonly string[]): ModelReply;
  /** A command whose first argument is a key. */
  command(): Words;
  /** Whole operations: so many at most. */
  operations(most: number): Words;
}

export interface Letter {
  /** How often it is drawn, beside the others. @defaultValue 10 */
  readonly weight?: number;
  /** Commands that it runs. */
  readonly needs: readonly string[];
  /** The letter's arguments. */
  readonly make: (script: ScriptDraw) => Words;
}

export type Letters = Readonly<Record<string, Letter>>;

const types = ['string', 'list', 'hash', 'set', 'zset', 'stream'];

export const scriptLetters: Letters = {
  S: { needs: ['SET'], make: ({ draw }) => [draw.key(draw.one('s', 'n') as 's' | 'n'), draw.value()] },
  T: { needs: ['SET'], make: ({ draw }) => [draw.key('s'), draw.value(), moment(draw)] },
  K: { needs: ['SET'], make: ({ draw }) => [draw.key('s'), draw.value()] },
  X: { needs: ['UNLINK'], make: ({ draw }) => [draw.anyKey()] },
  C: { weight: 4, needs: ['TYPE', 'UNLINK'], make: ({ draw }) => [draw.anyKey(), draw.random.pick(types)] },
  H: { needs: ['HSET'], make: ({ draw }) => [draw.key('h'), draw.field(), draw.value()] },
  A: { needs: ['SADD'], make: ({ draw }) => [draw.key('m'), draw.member()] },
  Z: { needs: ['ZADD'], make: ({ draw }) => [draw.key('z'), draw.score(), draw.member()] },
  h: { needs: ['HDEL'], make: ({ draw }) => [draw.key('h'), draw.field()] },
  a: { needs: ['SREM'], make: ({ draw }) => [draw.key('m'), draw.member()] },
  z: { needs: ['ZREM'], make: ({ draw }) => [draw.key('z'), draw.member()] },
  I: { needs: ['INCRBY'], make: ({ draw }) => [draw.key('n'), draw.integer()] },
  J: { needs: ['HINCRBY'], make: ({ draw }) => [draw.key('h'), draw.field(), draw.integer()] },
  Y: { needs: ['ZINCRBY'], make: ({ draw }) => [draw.key('z'), draw.score(), draw.member()] },
  E: { needs: ['PEXPIREAT', 'TIME'], make: ({ draw }) => [draw.anyKey(), moment(draw)] },
  P: { needs: ['PERSIST'], make: ({ draw }) => [draw.anyKey()] },
  D: { weight: 6, needs: ['SELECT'], make: selection },
  R: { needs: ['INCRBY', 'HINCRBY', 'ZINCRBY', 'EXISTS', 'HGET', 'ZSCORE'], make: correction },
  G: {
    weight: 30,
    needs: [],
    make: (script) => {
      const command = script.command();
      return [String(command.length), ...command];
    },
  },
  b: {
    needs: ['SETBIT'],
    make: ({ draw }) => [draw.key('b'), String(draw.random.integer(0, 200)), draw.one('0', '1', '1', '2')],
  },
  p: { needs: ['PFADD'], make: ({ draw }) => [draw.key('p'), draw.member()] },
  q: { needs: ['PFADD'], make: ({ draw }) => [draw.key('p')] },
  r: {
    needs: ['ZREMRANGEBYLEX', 'ZREMRANGEBYSCORE'],
    make: ({ draw }) =>
      draw.random.chance(0.5)
        ? [draw.key('z'), 'score', draw.scoreBound(), draw.scoreBound()]
        : [draw.lexKey(), 'lex', draw.lexBound(), draw.lexBound()],
  },
  F: { weight: 1, needs: ['FLUSHDB'], make: () => [] },
  W: { weight: 0.4, needs: ['FLUSHALL'], make: () => [] },
  B: { weight: 4, needs: ['DUMP', 'RESTORE', 'ZSCORE', 'ZADD'], make: ({ draw }) => kept(draw) },
  U: { weight: 3, needs: ['DUMP', 'RESTORE', 'ZSCORE', 'ZADD'], make: () => [] },
  V: {
    weight: 6,
    needs: ['GET', 'HGET', 'LRANGE', 'ZRANGE', 'XRANGE', 'DUMP'],
    make: ({ draw }) => {
      const command = reading(draw);
      return [String(command.length), ...command];
    },
  },
  Q: {
    weight: 30,
    needs: ['EXISTS', 'HGET', 'SISMEMBER', 'ZSCORE', 'PEXPIRETIME'],
    make: (script) => {
      const test = condition(script);
      const then = script.operations(2);
      return [...test, String(then.length), ...then];
    },
  },
  ...streamLetters,
};

/** Unix ms: later, or past; then so that the step to which it moves on lies half a grace away. */
function moment(draw: Draw): string {
  const { now } = draw.options;
  const at = draw.expiryAt();
  if (at > now) return String(at);
  return String(now - draw.random.integer(0, 9) * expiryGraceMs - Math.floor(expiryGraceMs / 2));
}

function selection(script: ScriptDraw): Words {
  script.db = script.draw.db();
  return [String(script.db)];
}

function kept(draw: Draw): Words {
  const members = draw.random.chance(0.3) ? draw.members(1, 4) : [];
  return [members.length > 0 ? draw.key('z') : draw.anyKey(), String(members.length), ...members];
}

function reading(draw: Draw): Words {
  return draw.random.pick<() => Words>([
    () => ['GET', draw.key('s')],
    () => ['GET', draw.key('n')],
    () => ['HGET', draw.key('h'), draw.field()],
    () => ['LRANGE', draw.key('l'), '0', '-1'],
    () => ['ZRANGE', draw.key('z'), '0', '-1', 'WITHSCORES'],
    () => ['XRANGE', draw.key('x'), '-', '+'],
    () => ['DUMP', draw.anyKey()],
    () => ['TYPE', draw.anyKey()],
    () => ['PEXPIRETIME', draw.anyKey()],
    () => ['NONSENSE', draw.anyKey()],
  ])();
}

function correction({ draw, look }: ScriptDraw): Words {
  const test = draw.one('s', 'h', 'z');
  const key = draw.key(test === 's' ? 'n' : test === 'h' ? 'h' : 'z');
  const field = test === 's' ? '' : test === 'h' ? draw.field() : draw.member();
  const held = test === 's' ? look('GET', key) : look(test === 'h' ? 'HGET' : 'ZSCORE', key, field);
  const alone = draw.random.chance(0.3) ? '' : typeof held === 'string' && draw.random.chance(0.5) ? held : '7';
  return [test, key, field, test === 'z' ? draw.score() : draw.integer(), alone];
}

/** A test: its letter, key, field, and what is expected. */
function condition({ draw, look }: ScriptDraw): Words {
  const isKnown = draw.random.chance(0.6);
  const expiry = (key: string): number => Number(look('PEXPIRETIME', key));
  const known = (reply: ModelReply, other: string): string => (isKnown && typeof reply === 'string' ? reply : other);
  return draw.random.pick<() => Words>([
    () => {
      const key = draw.key(draw.one('s', 'n') as 's' | 'n');
      return ['s', key, '', known(look('GET', key), draw.value())];
    },
    () => ['n', draw.anyKey(), '', ''],
    () => {
      const [key, field] = [draw.key('h'), draw.field()];
      return ['h', key, field, known(look('HGET', key, field), draw.value())];
    },
    () => ['i', draw.key('h'), draw.field(), ''],
    () => [draw.one('m', 'o'), draw.key('m'), draw.member(), ''],
    () => {
      const [key, member] = [draw.key('z'), draw.member()];
      return ['z', key, member, known(look('ZSCORE', key, member), draw.score())];
    },
    () => ['y', draw.key('z'), draw.member(), ''],
    () => {
      const key = draw.anyKey();
      return ['e', key, '', isKnown ? String(expiry(key)) : moment(draw)];
    },
    () => {
      const key = draw.anyKey();
      return ['x', key, '', isKnown ? String(expiry(key) - draw.random.integer(0, 2) * expiryGraceMs) : moment(draw)];
    },
    () => {
      const key = draw.anyKey();
      return ['w', key, '', isKnown ? String(expiry(key) + draw.random.integer(-1, 1)) : moment(draw)];
    },
  ])();
}
