/** Elements taken by chance. */

/** An integer from 0 up to, not including, `end`. */
export function below(end: number, random: () => number): number {
  return Math.floor(random() * end);
}

/** One of the elements. @param size - how many there are */
export function oneOf<T>(elements: Iterable<T>, size: number, random: () => number): T {
  let left = below(size, random);
  for (const element of elements) if (left-- === 0) return element;
  throw new RangeError(`there are fewer than ${size} elements`);
}

/** So many different ones of the elements. The array is left in another order. @param count - up to its length */
export function differentOnesOf<T>(elements: T[], count: number, random: () => number): T[] {
  for (let at = 0; at < count; at++) {
    const chosen = at + below(elements.length - at, random);
    [elements[at], elements[chosen]] = [elements[chosen]!, elements[at]!];
  }
  return elements.slice(0, count);
}

/**
 * What commands that look at elements by chance take as their count: so many different ones, or, when it is negative, so many
 * that may be the same. @returns all of them, as they stand, where the count reaches them
 */
export function sampleOf<T>(elements: T[], count: number, random: () => number): T[] {
  if (count < 0) return Array.from({ length: -count }, () => elements[below(elements.length, random)]!);
  return count >= elements.length ? elements : differentOnesOf(elements, count, random);
}
