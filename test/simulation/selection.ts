/**
 * Which of the steps of writers are carried out: all, unless a world is made smaller. A step that is left out takes its time
 * and its chances all the same, so that the rest stays what it was as far as it can.
 */
import type { Step } from '../differential/command-stream.ts';

/** Numbers of steps, from the first to the last; they are counted over all writers, from 1 on. */
export type DroppedRange = readonly [first: number, last: number];

/** What of a world is carried out. */
export interface Selection {
  /** Only steps that name one of these keys, or that may touch any. @defaultValue all */
  readonly keys?: readonly string[];
  /** Steps that are left out. */
  readonly drop?: readonly DroppedRange[];
}

/** Commands that may touch keys that they don't name. */
const touchesAny = /^(?:FLUSH|SWAP)/;

/** Whether a step is carried out. */
export function isSelected({ keys, drop }: Selection, number: number, { commands }: Step): boolean {
  if (drop?.some(([first, last]) => first <= number && number <= last)) return false;
  if (keys === undefined) return true;
  return commands.some((words) => touchesAny.test(words[0]!) || words.some((word) => keys.includes(word)));
}

/** The keys that lines of a failure name: those that differ, and those of additions that were lost. */
export function keysOfLines(lines: readonly string[]): string[] {
  const keys = new Set<string>();
  for (const line of lines) {
    const differing = /^\d+ ("(?:[^"\\]|\\.)*"):/.exec(line);
    const lost = /^(\S+) \([a-z-]+\) at /.exec(line);
    const open = /^\w+: (\S+) has no expiry/.exec(line);
    if (differing !== null) keys.add(JSON.parse(differing[1]!) as string);
    else if (lost !== null) keys.add(lost[1]!);
    else if (open !== null) keys.add(open[1]!);
  }
  return [...keys];
}

/** `3-7,9` for ranges, joined where they meet. */
export function textOfRanges(ranges: readonly DroppedRange[]): string {
  const joined: [number, number][] = [];
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

/** Reads what `textOfRanges` writes; undefined when it is something else. */
export function rangesOf(text: string): DroppedRange[] | undefined {
  const ranges: DroppedRange[] = [];
  for (const part of text.split(',')) {
    const found = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (found === null) return undefined;
    const first = Number(found[1]);
    const last = Number(found[2] ?? found[1]);
    if (first < 1 || last < first) return undefined;
    ranges.push([first, last]);
  }
  return ranges;
}
