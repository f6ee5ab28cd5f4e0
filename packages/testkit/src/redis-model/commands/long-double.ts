/**
 * The floats that INCRBYFLOAT and HINCRBYFLOAT reckon with: 80 bits, 64 of them for the digits, rounded to the nearest, as on
 * the processors that Redis mostly runs on. Exact, but slow; and a zero has no sign, which Redis does not show either.
 */

/** `digits` times two to the power of `exponent`. */
interface Finite {
  readonly digits: bigint;
  readonly exponent: number;
}

/** A value, or one beyond all others. */
export type LongDouble = Finite | 'inf' | '-inf';

const precision = 64;
const leastExponent = -16_445;
const beyondExponent = 16_384;
/** So many bytes are no number any more. */
const textLimit = 5 * 1024;
/** Powers of ten beyond which a number overflows, or vanishes, whatever its digits are. */
const powerLimit = 2 * textLimit;
/** Places behind the point that are shown. */
const places = 17;
const zero: Finite = { digits: 0n, exponent: 0 };

const decimal = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;
const hexadecimal = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i;
const infinite = /^([+-]?)inf(?:inity)?$/i;

/** The value of a text in the forms that C takes; undefined for anything else, and for what overflows or vanishes. */
export function parseLongDouble(text: string): LongDouble | undefined {
  if (text.length >= textLimit) return undefined;
  const endless = infinite.exec(text);
  if (endless !== null) return endless[1] === '-' ? '-inf' : 'inf';
  const tens = decimal.exec(text);
  const parsed = tens ?? hexadecimal.exec(text);
  if (parsed === null) return undefined;
  const [, sign, units = '', fraction = '', exponent = '0'] = parsed;
  const digits = units + fraction;
  if (digits === '') return undefined;
  const size = BigInt(tens === null ? `0x${digits}` : digits);
  if (size === 0n) return zero;
  const value = tens === null ? powerOfTwo(size, fraction, exponent) : powerOfTen(size, fraction, exponent);
  if (typeof value === 'string' || value.digits === 0n) return undefined;
  return sign === '-' ? { digits: -value.digits, exponent: value.exponent } : value;
}

/** The sum; neither may be infinite with the other one so in the other direction. */
export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble {
  if (typeof a === 'string') return a;
  if (typeof b === 'string') return b;
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = (a.digits << BigInt(a.exponent - exponent)) + (b.digits << BigInt(b.exponent - exponent));
  return scaled(sum, 1n, exponent);
}

/** With up to 17 places behind the point, and no zeros at the end. */
export function showLongDouble(value: LongDouble): string {
  if (typeof value === 'string') return value;
  const { digits, exponent } = value;
  const size = digits < 0n ? -digits : digits;
  const tens = 10n ** BigInt(places) * size;
  const units = exponent >= 0 ? tens << BigInt(exponent) : divided(tens, 1n << BigInt(-exponent));
  const shown = String(units).padStart(places + 1, '0');
  const fraction = shown.slice(-places).replace(/0+$/, '');
  const sign = digits < 0n && units > 0n ? '-' : '';
  return `${sign}${shown.slice(0, -places)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The product. */
export function multiplyLongDouble(value: LongDouble, factor: bigint): LongDouble {
  return typeof value === 'string' ? value : scaled(value.digits * factor, 1n, value.exponent);
}

/** The least integer that is not below it; undefined where there is none. */
export function ceilLongDouble(value: LongDouble): bigint | undefined {
  if (typeof value === 'string') return undefined;
  const { digits, exponent } = value;
  return exponent >= 0 ? digits << BigInt(exponent) : -(-digits >> BigInt(-exponent));
}

function powerOfTen(size: bigint, fraction: string, exponent: string): LongDouble {
  const power = Number(exponent) - fraction.length;
  if (Math.abs(power) > powerLimit) return power < 0 ? zero : 'inf';
  return power < 0 ? scaled(size, 10n ** BigInt(-power), 0) : scaled(size * 10n ** BigInt(power), 1n, 0);
}

/** The digits behind the point are hexadecimal. */
function powerOfTwo(size: bigint, fraction: string, exponent: string): LongDouble {
  const power = Number(exponent) - 4 * fraction.length;
  if (Math.abs(power) > 4 * powerLimit) return power < 0 ? zero : 'inf';
  return scaled(size, 1n, power);
}

/** A fraction times a power of two, rounded. */
function scaled(numerator: bigint, denominator: bigint, power: number): LongDouble {
  const size = numerator < 0n ? -numerator : numerator;
  if (size === 0n) return zero;
  let exponent = bits(size) - bits(denominator) - precision;
  // One bit too many or none: the quotient's length follows from the lengths only to within one.
  if (quotientBits(size, denominator, exponent) > precision) exponent++;
  exponent = Math.max(exponent, leastExponent - power);
  let digits =
    exponent >= 0 ? divided(size, denominator << BigInt(exponent)) : divided(size << BigInt(-exponent), denominator);
  if (bits(digits) > precision) {
    digits >>= 1n;
    exponent++;
  }
  if (bits(digits) + exponent + power > beyondExponent) return numerator < 0n ? '-inf' : 'inf';
  return { digits: numerator < 0n ? -digits : digits, exponent: exponent + power };
}

function quotientBits(numerator: bigint, denominator: bigint, exponent: number): number {
  const quotient =
    exponent >= 0 ? numerator / (denominator << BigInt(exponent)) : (numerator << BigInt(-exponent)) / denominator;
  return bits(quotient);
}

/** The quotient, rounded to the nearest, to the even one between two. */
function divided(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = 2n * (numerator - quotient * denominator);
  const isUp = twice > denominator || (twice === denominator && (quotient & 1n) === 1n);
  return isUp ? quotient + 1n : quotient;
}

/** How many bits a number has. */
function bits(size: bigint): number {
  if (size === 0n) return 0;
  const text = size.toString(16);
  return 4 * (text.length - 1) + (32 - Math.clz32(Number.parseInt(text[0]!, 16)));
}
