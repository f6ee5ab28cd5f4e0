/** What the schemas of the configuration are made of: each part reads the text of one scalar, or says why not. */
import { z } from 'zod';

/** A section of known keys and no others. */
export function section<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape).join(' ');
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined) });
}

/** A plain value, read from its text. */
export function scalar<T>(parse: (text: string) => T | Refusal): z.ZodPipe<z.ZodString, z.ZodTransform<T, string>> {
  return z.string().transform((text, context): T => {
    const result = parse(text);
    if (!(result instanceof Refusal)) return result;
    context.addIssue({ code: 'custom', message: result.message, params: { remedy: result.remedy } });
    return z.NEVER;
  });
}

/** Why a text is not taken, and what to do. */
export class Refusal {
  readonly message: string;
  readonly remedy: string;
  constructor(message: string, remedy: string) {
    this.message = message;
    this.remedy = remedy;
  }
}

/** A whole number in a range. */
export function integer(least: number, most: number): ReturnType<typeof scalar<number>> {
  const range =
    least === Number.MIN_SAFE_INTEGER ? 'Write a whole number.' : `Write a whole number of at least ${least}.`;
  return scalar<number>((text) => {
    const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    return new Refusal('is not a whole number in range', range);
  });
}

/** true or false. */
export function flag(): ReturnType<typeof scalar<boolean>> {
  return scalar<boolean>((text) => {
    if (text === 'true' || text === 'false') return text === 'true';
    return new Refusal('is neither true nor false', 'Write true or false.');
  });
}

/** One of some words. */
export function oneOf<T extends string>(values: readonly T[]): ReturnType<typeof scalar<T>> {
  return scalar<T>((text) => {
    const found = values.find((value) => value === text);
    return found ?? new Refusal('is not one of the known values', `Write one of: ${values.join(', ')}.`);
  });
}

/** A text of a certain form. */
export function matching(pattern: RegExp, message: string, remedy: string): ReturnType<typeof scalar<string>> {
  return scalar<string>((text) => (pattern.test(text) ? text : new Refusal(message, remedy)));
}

/** A text that is not empty. */
export function nonEmpty(remedy: string): ReturnType<typeof scalar<string>> {
  return scalar<string>((text) => (text === '' ? new Refusal('is empty', remedy) : text));
}
