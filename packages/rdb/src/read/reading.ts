/**
 * What the readers of one value share: the limits and how much of them is used, and the first failure.
 *
 * Rules: a failure sticks, the first one counts. Readers do not throw: after a failure every read gives an empty or zero
 * result at once, loops end, and whoever began the reading looks at `failure` at its end.
 */
import { Decimals } from '../bytes/decimal.ts';
import type { RdbFailure, RdbFailureCode } from '../rdb-failure.ts';
import type { RdbLimits } from '../rdb-limits.ts';

export class Reading {
  readonly limits: RdbLimits;
  readonly decimals: Decimals = new Decimals();
  failure: RdbFailure | undefined = undefined;
  #elements: number = 0;
  #inflated: number = 0;

  constructor(limits: RdbLimits) {
    this.limits = limits;
  }

  fail(code: RdbFailureCode, position: number, text: string): void {
    this.failure ??= { code, position, text: `${text} (byte ${position})` };
  }

  /** Counts elements that are about to be made; false if they are too many, or reading has failed before. */
  take(count: number, position: number): boolean {
    this.#elements += count;
    if (this.#elements > this.limits.maxElements)
      this.fail('too-many-elements', position, `more than ${this.limits.maxElements} elements in one value`);
    return this.failure === undefined;
  }

  /** Counts bytes that are about to be decompressed, in the same way. */
  inflate(bytes: number, position: number): boolean {
    this.#inflated += bytes;
    if (this.#inflated > this.limits.maxInflatedBytes)
      this.fail('inflates-too-far', position, `decompresses to more than ${this.limits.maxInflatedBytes} bytes`);
    return this.failure === undefined;
  }
}
