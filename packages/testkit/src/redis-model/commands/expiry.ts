/** Commands on the expiry of keys. */
import type { Call, ModelCommand } from '../call.ts';
import type { Stored } from '../keyspace.ts';
import { type ModelReply, printed, Refusal } from '../reply.ts';
import { parseInteger } from './numbers.ts';

const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];
const conditions: ReadonlySet<string> = new Set(['NX', 'XX', 'GT', 'LT']);

/** How a command gives a moment: in which unit, in milliseconds, and from now on or from 1970. */
export interface TimeForm {
  readonly unit: 1n | 1000n;
  readonly isRelative: boolean;
}

export const inSeconds: TimeForm = { unit: 1000n, isRelative: true };
export const inMilliseconds: TimeForm = { unit: 1n, isRelative: true };
export const atSecond: TimeForm = { unit: 1000n, isRelative: false };
export const atMillisecond: TimeForm = { unit: 1n, isRelative: false };

export const expiryCommands: readonly ModelCommand[] = [
  ...Object.entries({ EXPIRE: inSeconds, PEXPIRE: inMilliseconds, EXPIREAT: atSecond, PEXPIREAT: atMillisecond }).map(
    ([name, form]): ModelCommand => ({
      ...{ name, arity: -3, write: true },
      run: (call, args) => expire(call, name, args, form),
    }),
  ),
  {
    name: 'PERSIST',
    arity: 2,
    write: true,
    run: (call, [key]) => {
      const stored = call.find(key!);
      if (stored === undefined || stored.expireAt < 0) return 0;
      stored.expireAt = -1;
      call.changed();
      return 1;
    },
  },
  {
    name: 'TTL',
    arity: 2,
    write: false,
    run: (call, [key]) => shown(call.find(key!), (at) => seconds(Math.max(0, at - call.now))),
  },
  {
    name: 'PTTL',
    arity: 2,
    write: false,
    run: (call, [key]) => shown(call.find(key!), (at) => Math.max(0, at - call.now)),
  },
  { name: 'EXPIRETIME', arity: 2, write: false, run: (call, [key]) => shown(call.find(key!), seconds) },
  { name: 'PEXPIRETIME', arity: 2, write: false, run: (call, [key]) => shown(call.find(key!), (at) => at) },
];

/** The refusal of a moment that is none, or too far away. */
export function invalidExpiry(command: string): Refusal {
  return new Refusal(`ERR invalid expire time in '${command.toLowerCase()}' command`);
}

/** Gives a key an expiry or, when that has passed, deletes it; returns the command that says so. */
export function endKey(call: Call, key: string, stored: Stored, expireAt: bigint): string[] {
  if (call.hasPassed(expireAt)) {
    call.drop(key);
    return ['DEL', key];
  }
  stored.expireAt = Number(expireAt);
  return ['PEXPIREAT', key, String(expireAt)];
}

function expire(call: Call, name: string, [key, time, ...options]: readonly string[], form: TimeForm): ModelReply {
  const admits = conditionOf(options);
  const given = parseInteger(time!);
  const inUnits = given * form.unit;
  if (inUnits < least || inUnits > most) throw invalidExpiry(name);
  const expireAt = form.isRelative ? inUnits + BigInt(call.now) : inUnits;
  if (expireAt > most) throw invalidExpiry(name);
  const stored = call.find(key!);
  if (stored === undefined || !admits(stored.expireAt, Number(expireAt))) return 0;
  const told = endKey(call, key!, stored, expireAt);
  if (form === atMillisecond && told.length > 2) call.changed();
  else call.propagate(told.length > 2 ? [...told, ...options] : told);
  return 1;
}

/** Whether an expiry may take the place of another one, which is -1 when there is none. @throws Refusal */
function conditionOf(options: readonly string[]): (held: number, wanted: number) => boolean {
  if (options.length === 0) return () => true;
  const names = options.map((option) => option.toUpperCase());
  const strange = names.findIndex((name) => !conditions.has(name));
  if (strange >= 0) throw new Refusal(`ERR Unsupported option ${printed(options[strange]!)}`);
  const [nx, xx, gt, lt] = [...conditions].map((name) => names.includes(name));
  if (nx && (xx || gt || lt)) throw new Refusal('ERR NX and XX, GT or LT options at the same time are not compatible');
  if (gt && lt) throw new Refusal('ERR GT and LT options at the same time are not compatible');
  return (held, wanted) => {
    if (held < 0) return !xx && !gt;
    return !nx && !(gt && wanted <= held) && !(lt && wanted >= held);
  };
}

function shown(stored: Stored | undefined, show: (expireAt: number) => number): number {
  if (stored === undefined) return -2;
  return stored.expireAt < 0 ? -1 : show(stored.expireAt);
}

/** Rounded to the nearest second. */
function seconds(milliseconds: number): number {
  return Math.floor((milliseconds + 500) / 1000);
}
