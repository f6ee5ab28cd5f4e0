/**
 * Sorts as scripts do. Items of which none is less than the other come out in an order that depends on the method, so it is
 * the same one: quicksort around the median of the first, the middle and the last item.
 */

/** Sorts the items in place. */
export function luaSort<T>(items: T[], isLess: (a: T, b: T) => boolean): void {
  sortBetween(items, 0, items.length - 1, isLess);
}

function sortBetween<T>(items: T[], low: number, high: number, isLess: (a: T, b: T) => boolean): void {
  if (low >= high) return;
  const middle = orderThree(items, low, high, isLess);
  if (high - low <= 2) return;
  const border = partition(items, low, middle, high, isLess);
  sortBetween(items, low, border - 1, isLess);
  sortBetween(items, border + 1, high, isLess);
}

/** Puts the first, the middle and the last item in order; returns the middle's place. Places count from one in scripts. */
function orderThree<T>(items: T[], low: number, high: number, isLess: (a: T, b: T) => boolean): number {
  if (isLess(items[high]!, items[low]!)) swap(items, low, high);
  const middle = Math.floor((low + high + 2) / 2) - 1;
  if (high - low === 1) return middle;
  if (isLess(items[middle]!, items[low]!)) swap(items, middle, low);
  else if (isLess(items[high]!, items[middle]!)) swap(items, middle, high);
  return middle;
}

/** Parts the items by the middle one, which comes to stand at the place returned. */
function partition<T>(items: T[], low: number, middle: number, high: number, isLess: (a: T, b: T) => boolean): number {
  const pivot = items[middle]!;
  swap(items, middle, high - 1);
  let left = low;
  let right = high - 1;
  for (;;) {
    do left++;
    while (isLess(items[left]!, pivot));
    do right--;
    while (isLess(pivot, items[right]!));
    if (right < left) break;
    swap(items, left, right);
  }
  swap(items, high - 1, left);
  return left;
}

function swap<T>(items: T[], a: number, b: number): void {
  const held = items[a]!;
  items[a] = items[b]!;
  items[b] = held;
}
