/** Claims in scenarios, which run outside of a test framework too. */

/** Throws `claim` with what was found when it does not hold. */
export function expectThat(claim: string, holds: boolean, found?: unknown): void {
  if (!holds) throw new Error(found === undefined ? `not so: ${claim}` : `not so: ${claim}; found ${show(found)}`);
}

/** Throws unless both are the same value. */
export function expectSame(what: string, found: unknown, expected: unknown): void {
  if (!Object.is(found, expected)) throw new Error(`${what}: ${show(expected)} expected, ${show(found)} found`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
