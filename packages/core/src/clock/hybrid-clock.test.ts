import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epoch, HybridClock, timeOfUnix, unixOfTime } from './hybrid-clock.ts';

const start = epoch + 200_000_000_000;

describe('times', () => {
  it('keep the millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 41 - 1 }), fc.nat({ max: 4095 }), (ms, counter) => {
        const time = timeOfUnix(epoch + ms);
        expect(Number.isSafeInteger(time + counter)).toBe(true);
        expect(unixOfTime(time + counter)).toBe(epoch + ms);
      }),
    );
  });

  it('begin in 2020; what was before is 0', () => {
    expect(new Date(epoch).toISOString()).toBe('2020-01-01T00:00:00.000Z');
    expect([timeOfUnix(epoch), timeOfUnix(epoch - 1), timeOfUnix(0), timeOfUnix(-5)]).toEqual([0, 0, 0, 0]);
    expect(timeOfUnix(epoch + 1.9)).toBe(4096);
    expect(unixOfTime(0)).toBe(epoch);
  });

  it('reach beyond 2089', () => {
    expect(new Date(unixOfTime(Number.MAX_SAFE_INTEGER)).getUTCFullYear()).toBeGreaterThanOrEqual(2089);
  });
});

describe('the clock', () => {
  it('exceeds everything ticked or observed, whatever the wall does', () => {
    const wall = fc.oneof(fc.integer({ min: start, max: start + 5 }), fc.integer({ min: 0, max: 2 * start }));
    const event = fc.record({ tick: fc.boolean(), wall, counter: fc.nat({ max: 4095 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 50 }), fc.maxSafeNat(), (events, from) => {
        const clock = new HybridClock(Math.min(from, timeOfUnix(2 * start)));
        let greatest = clock.last;
        for (const { tick, wall: ms, counter } of events) {
          if (tick) {
            const time = clock.tick(ms);
            expect(time).toBeGreaterThan(greatest);
            expect(time).toBe(Math.max(timeOfUnix(ms), greatest + 1));
            greatest = time;
          } else {
            clock.observe(timeOfUnix(ms) + counter);
            greatest = Math.max(greatest, timeOfUnix(ms) + counter);
          }
          expect(clock.last).toBe(greatest);
        }
      }),
    );
  });

  it('is the wall while the wall is ahead', () => {
    const clock = new HybridClock();
    expect(clock.tick(start)).toBe(timeOfUnix(start));
    expect(clock.tick(start)).toBe(timeOfUnix(start) + 1);
    expect(clock.tick(start + 1)).toBe(timeOfUnix(start + 1));
  });

  it('borrows the next millisecond when the counter is full', () => {
    const clock = new HybridClock();
    for (let i = 0; i < 4096; i++) expect(unixOfTime(clock.tick(start))).toBe(start);
    expect(clock.tick(start)).toBe(timeOfUnix(start + 1));
    expect(clock.tick(start + 1)).toBe(timeOfUnix(start + 1) + 1);
  });

  it('ticks logically when the wall is not told', () => {
    const clock = new HybridClock(timeOfUnix(start));
    expect([clock.tick(0), clock.tick(0)]).toEqual([timeOfUnix(start) + 1, timeOfUnix(start) + 2]);
  });

  it('is not moved back by what it observes', () => {
    const clock = new HybridClock(10);
    clock.observe(3);
    expect([clock.last, clock.tick(0)]).toEqual([10, 11]);
  });
});
