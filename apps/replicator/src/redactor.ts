/**
 * The last defence of secrets: takes known secret values out of any text on its way out.
 *
 * Rules: everything written by `run` and `check` and everything served over HTTP passes through one redactor. It is not
 * the first defence: no message is built from a secret. Structured output is redacted value by value before it is
 * serialised, so that a secret like `true` or `1234` cannot break it. Values under four characters are left alone, since
 * removing them would shred ordinary text.
 */

/** Takes secrets out of a text. */
export type Redactor = (text: string) => string;

const minimumLength = 4;
const maxDepth = 8;

/** A redactor for these values; undefined ones are skipped. */
export function createRedactor(secrets: readonly (string | undefined)[]): Redactor {
  const known = new Set(secrets.filter((secret) => secret !== undefined && secret.length >= minimumLength) as string[]);
  const longestFirst = [...known].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
}

/** A copy of a JSON-like value with every string (not the names of fields) redacted; errors become plain objects. */
export function redactValue(value: unknown, redact: Redactor, depth = 0): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxDepth) return '[deep]';
  if (value instanceof Error) return redactError(value, redact, depth);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redact, depth + 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  const out: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) out[name] = redactValue(item, redact, depth + 1);
  return out;
}

function redactError(error: Error, redact: Redactor, depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = { type: error.name, message: redact(error.message) };
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' || typeof code === 'number') out.code = code;
  if (error.stack !== undefined) out.stack = redact(error.stack);
  if (error.cause !== undefined) out.cause = redactValue(error.cause, redact, depth + 1);
  return out;
}
