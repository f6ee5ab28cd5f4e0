/** Scores as sorted sets take them and show them. */
import { notAFloat, Refusal } from '../reply.ts';

const digits = 17;
/** So many digits show whether anything follows a five but zeros. */
const manyDigits = 97;
/** Below this, sixteenths have 15 digits at most, and so no other form. */
const shortBelow = 1e11;

const plain = /^-?\d{1,15}$/;
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const hexadecimal = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i;
const infinite = /^[+-]?inf(?:inity)?$/i;
const space = /^[ \t-\r]+/;

/** A score or a weight. @throws Refusal also where it is too great or too small for a double */
export function parseScore(text: string, message: string = notAFloat): number {
  if (plain.test(text)) return Number(text);
  const value = doubleOf(text);
  if (value === undefined) throw new Refusal(message);
  const isEndless = !Number.isFinite(value) && !infinite.test(text);
  if (isEndless || (value === 0 && hasDigits(text))) throw new Refusal(message);
  return value;
}

/** One end of a range of scores. */
export interface ScoreBound {
  readonly score: number;
  readonly isExclusive: boolean;
}

/** @throws Refusal */
export function parseScoreBound(text: string): ScoreBound {
  const isExclusive = text.startsWith('(');
  const number = isExclusive ? text.slice(1) : text;
  if (plain.test(number)) return { score: Number(number), isExclusive };
  const shown = number.split('\0', 1)[0]!;
  const score = shown === '' ? 0 : doubleOf(shown.replace(space, ''));
  if (score === undefined) throw new Refusal('ERR min or max is not a float');
  return { score, isExclusive };
}

/** With 17 digits at most, in the way of C's `%.17g`. */
export function showScore(score: number): string {
  if (Number.isSafeInteger(score)) return Object.is(score, -0) ? '-0' : String(score);
  if (Math.abs(score) < shortBelow && Number.isInteger(score * 16)) return String(score);
  if (!Number.isFinite(score)) return score > 0 ? 'inf' : '-inf';
  const [mantissa = '', power = ''] = roundedToEven(score).split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const shown = mantissa.replace(/[-.]/g, '').replace(/0+$/, '');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits)
    return `${sign}${pointed(shown, 1)}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${shown}`;
  return sign + pointed(shown.padEnd(exponent + 1, '0'), exponent + 1);
}

/** As the packed form of a sorted set holds it: integers in full. */
export function showPackedScore(score: number): string {
  return Number.isInteger(score) && Math.abs(score) <= 2 ** 62 ? String(BigInt(score)) : showScore(score);
}

/** The exponential form; halfway between two, the one that ends with an even digit. */
function roundedToEven(score: number): string {
  const rounded = score.toExponential(digits - 1);
  if (!score.toExponential(digits).includes('5e')) return rounded;
  const [mantissa = '', power = ''] = score.toExponential(manyDigits).split('e');
  const cut = mantissa.length - manyDigits + digits - 1;
  const isHalfway = /^50*$/.test(mantissa.slice(cut));
  return isHalfway && Number(mantissa[cut - 1]) % 2 === 0 ? `${mantissa.slice(0, cut)}e${power}` : rounded;
}

function pointed(shown: string, units: number): string {
  return shown.length > units ? `${shown.slice(0, units)}.${shown.slice(units)}` : shown;
}

/** What C reads, when it reads all of it, and it is a number. */
function doubleOf(text: string): number | undefined {
  if (decimal.test(text)) return Number(text);
  if (infinite.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const [, sign, units = '', fraction = '', power = '0'] = hexadecimal.exec(text) ?? [];
  if (units + fraction === '') return undefined;
  const size = Number(BigInt(`0x${units}${fraction}`)) * 2 ** (Number(power) - 4 * fraction.length);
  return sign === '-' ? -size : size;
}

/** Whether it is not a zero as it is written. */
function hasDigits(text: string): boolean {
  const [digitsAndPoint = ''] = text
    .toLowerCase()
    .replace(/^[+-]?(?:0x)?/, '')
    .split(text.includes('x') ? 'p' : 'e');
  return /[1-9a-f]/.test(digitsAndPoint);
}
