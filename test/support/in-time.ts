/** Plays that must be through with something before a key expires: tried again with more time when they were too slow. */

const longestMs = 20_000;

/** `attempt` returns false when its time was too short. It gets the time a key may live, in ms, and its own number. */
export async function inTime(attempt: (ttlMs: number, number: number) => Promise<boolean>): Promise<void> {
  let number = 0;
  for (let ttlMs = 1_000; ttlMs < longestMs; ttlMs *= 2) if (await attempt(ttlMs, ++number)) return;
  throw new Error(`${longestMs} ms were too short`);
}
