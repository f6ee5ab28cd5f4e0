/** What scripts make of values: numbers of texts, texts of numbers, replies that pass through them, limits of a call. */
import { type ModelReply, Refusal } from './reply.ts';

/** More values than this can't be passed on at once: the stack of a script is full. */
const mostUnpacked = 7997;

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const hexadecimal = /^[+-]?0x[\da-f]+$/i;
const infinite = /^[+-]?inf(?:inity)?$/i;

/** The number that a text stands for, as `tonumber` reads it; undefined when it is none. */
export function luaNumber(text: string): number | undefined {
  const bare = text.trim();
  if (decimal.test(bare)) return Number(bare);
  const negative = bare.startsWith('-');
  if (infinite.test(bare)) return negative ? -Infinity : Infinity;
  if (!hexadecimal.test(bare)) return undefined;
  const size = Number(bare.replace(/^[+-]/, ''));
  return negative ? -size : size;
}

/** The number that a text stands for in a sum or a comparison. @throws Refusal */
export function luaOperand(text: string): number {
  const value = luaNumber(text);
  if (value === undefined) throw new Refusal(`ERR user_script: '${text}' is no number`);
  return value;
}

/** An integer as `tostring` writes it: with 14 digits at most. */
export function luaText(value: number): string {
  if (Math.abs(value) < 1e14) return String(value);
  const [digits, exponent] = value.toExponential(13).split('e');
  const power = exponent!.slice(1).padStart(2, '0');
  return `${digits!.replace(/\.?0+$/, '')}e${exponent![0]}${power}`;
}

/** A reply after a script has held it: integers are doubles there. */
export function throughLua(reply: ModelReply): ModelReply {
  if (typeof reply === 'bigint') return BigInt.asIntN(64, BigInt(Number(reply)));
  return Array.isArray(reply) ? reply.map(throughLua) : reply;
}

/** The words from one place to before another, to be passed on one by one. @throws Refusal when they are too many */
export function unpacked(words: readonly string[], from: number, to: number): readonly string[] {
  if (to - from > mostUnpacked) throw new Refusal('ERR user_script: too many results to unpack');
  return words.slice(from, to);
}
