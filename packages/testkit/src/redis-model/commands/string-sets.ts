/** SET, what SET has replaced, and the commands that read a string and change or end it at once. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, ok, Refusal, syntaxError } from '../reply.ts';
import { atMillisecond, atSecond, endKey, inMilliseconds, inSeconds, invalidExpiry, type TimeForm } from './expiry.ts';
import { parseInteger } from './numbers.ts';

/** What the options of SET and GETEX ask for. */
interface Wishes {
  condition?: 'NX' | 'XX';
  /** The value before is the reply. */
  get?: boolean;
  /** The expiry is kept, or removed. */
  expiry?: 'KEEPTTL' | 'PERSIST';
  time?: { readonly name: string; readonly form: TimeForm; readonly text: string };
}

const most = 2n ** 63n - 1n;

const forms: ReadonlyMap<string, TimeForm> = new Map(
  Object.entries({ EX: inSeconds, PX: inMilliseconds, EXAT: atSecond, PXAT: atMillisecond }),
);

const settable: ReadonlySet<string> = new Set([...forms.keys(), 'NX', 'XX', 'GET', 'KEEPTTL']);
const endable: ReadonlySet<string> = new Set([...forms.keys(), 'PERSIST']);

export const stringSetCommands: readonly ModelCommand[] = [
  {
    name: 'SET',
    arity: -3,
    write: true,
    run: (call, [key, text, ...options]) => {
      const wishes = options.length === 0 ? {} : wishesOf(options, settable);
      return set(call, 'SET', key!, text!, wishes);
    },
  },
  {
    name: 'SETNX',
    arity: 3,
    write: true,
    run: (call, [key, text]) => (set(call, 'SETNX', key!, text!, { condition: 'NX' }) === null ? 0 : 1),
  },
  {
    name: 'SETEX',
    arity: 4,
    write: true,
    run: (call, [key, time, text]) =>
      set(call, 'SETEX', key!, text!, { time: { name: 'EX', form: inSeconds, text: time! } }),
  },
  {
    name: 'PSETEX',
    arity: 4,
    write: true,
    run: (call, [key, time, text]) =>
      set(call, 'PSETEX', key!, text!, { time: { name: 'PX', form: inMilliseconds, text: time! } }),
  },
  {
    name: 'GETSET',
    arity: 3,
    write: true,
    run: (call, [key, text]) => {
      const held = call.read(key!, 'string')?.text ?? null;
      call.put(key!, { type: 'string', text: text! }, -1);
      call.propagate(['SET', key!, text!]);
      return held;
    },
  },
  {
    name: 'GETDEL',
    arity: 2,
    write: true,
    run: (call, [key]) => {
      const held = call.read(key!, 'string');
      if (held === undefined) return null;
      call.drop(key!);
      call.propagate(['DEL', key!]);
      return held.text;
    },
  },
  { name: 'GETEX', arity: -2, write: true, run: getAndEnd },
];

function set(call: Call, name: string, key: string, text: string, wishes: Wishes): ModelReply {
  const { condition, get, time } = wishes;
  const expireAt = time === undefined ? undefined : momentOf(call, name, time);
  const held = get ? (call.read(key, 'string')?.text ?? null) : null;
  const stored = call.find(key);
  if (condition !== undefined && (condition === 'NX') !== (stored === undefined)) return held;
  const kept = wishes.expiry === 'KEEPTTL' ? (stored?.expireAt ?? -1) : -1;
  call.put(key, { type: 'string', text }, expireAt === undefined ? kept : Number(expireAt));
  if (expireAt !== undefined) call.propagate(['SET', key, text, 'PXAT', String(expireAt)]);
  else if (get) call.propagate(call.given.filter((word, place) => place < 3 || word.toUpperCase() !== 'GET'));
  else call.changed();
  return get ? held : ok;
}

function getAndEnd(call: Call, [key, ...options]: readonly string[]): ModelReply {
  const { expiry, time } = wishesOf(options, endable);
  const held = call.read(key!, 'string');
  if (held === undefined) return null;
  const stored = call.find(key!)!;
  if (time !== undefined) call.propagate(endKey(call, key!, stored, momentOf(call, 'GETEX', time)));
  else if (expiry === 'PERSIST' && stored.expireAt >= 0) {
    stored.expireAt = -1;
    call.propagate(['PERSIST', key!]);
  }
  return held.text;
}

/** The moment in Unix milliseconds. @throws Refusal where it is none, or too far away */
function momentOf(call: Call, command: string, { form, text }: NonNullable<Wishes['time']>): bigint {
  const given = parseInteger(text);
  const expireAt = given * form.unit + (form.isRelative ? BigInt(call.now) : 0n);
  if (given <= 0n || given * form.unit > most || expireAt > most) throw invalidExpiry(command);
  return expireAt;
}

/** Options may be repeated, but not contradict each other. @throws Refusal */
function wishesOf(options: readonly string[], known: ReadonlySet<string>): Wishes {
  const wishes: Wishes = {};
  for (let at = 0; at < options.length; at++) {
    const option = options[at]!.toUpperCase();
    if (!known.has(option) || !add(wishes, option, options[at + 1])) throw new Refusal(syntaxError);
    if (forms.has(option)) at++;
  }
  return wishes;
}

/** Returns whether the option goes with those before. */
function add(wishes: Wishes, option: string, next: string | undefined): boolean {
  const form = forms.get(option);
  if (form !== undefined) {
    if (next === undefined || wishes.expiry !== undefined) return false;
    if (wishes.time !== undefined && wishes.time.name !== option) return false;
    wishes.time = { name: option, form, text: next };
  } else if (option === 'NX' || option === 'XX') {
    if (wishes.condition !== undefined && wishes.condition !== option) return false;
    wishes.condition = option;
  } else if (option === 'KEEPTTL' || option === 'PERSIST') {
    if (wishes.time !== undefined) return false;
    wishes.expiry = option;
  } else wishes.get = true;
  return true;
}
