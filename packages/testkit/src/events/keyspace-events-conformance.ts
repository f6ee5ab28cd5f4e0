/**
 * What every `KeyspaceEvents` promises, as cases free of any test framework.
 *
 * An adapter's test makes a world for each case and runs it: a case resolves, or rejects with what was broken. Cases wait
 * for conditions, never for a time.
 */
import type { EventFence, KeyspaceEventKind, KeyspaceEventSink, KeyspaceEvents } from '@entwine/core';

/** A master whose events are heard by the adapter under test. */
export interface KeyspaceEventsWorld {
  /** The adapter, not started. */
  readonly events: KeyspaceEvents;
  /** Makes the master delete a key by itself. Resolves when that is done; then the stream reaches to the number given. */
  expire(db: number, key: string): Promise<number>;
  /** Breaks the connection; it comes back. */
  cut(): Promise<void> | void;
  /** Lets what is under way go on: called while a case waits. */
  breathe(): Promise<void> | void;
  close(): Promise<void>;
}

/** One promise. */
export interface KeyspaceEventsCase {
  readonly name: string;
  run(makeWorld: () => Promise<KeyspaceEventsWorld>): Promise<void>;
}

/** How long a case waits for something to come true, in milliseconds. */
const patienceMs = 20_000;

class Heard implements KeyspaceEventSink {
  readonly log: string[] = [];
  readonly fences: EventFence[] = [];
  readonly restorations: EventFence[] = [];

  event(db: number, key: string, kind: KeyspaceEventKind): void {
    this.log.push(`${kind} ${db} ${key}`);
  }
  fence(fence: EventFence): void {
    this.log.push('fence');
    this.fences.push(fence);
  }
  lost(): void {
    this.log.push('lost');
  }
  restored(fence: EventFence): void {
    this.log.push('restored');
    this.restorations.push(fence);
  }
  note(): void {}
}

type Body = (
  world: KeyspaceEventsWorld,
  heard: Heard,
  until: (what: string, ready: () => boolean) => Promise<void>,
) => Promise<void>;

function oneCase(name: string, body: Body): KeyspaceEventsCase {
  return {
    name,
    run: async (makeWorld) => {
      const world = await makeWorld();
      const heard = new Heard();
      const until = async (what: string, ready: () => boolean): Promise<void> => {
        const end = Date.now() + patienceMs;
        while (!ready()) {
          if (Date.now() > end) throw new Error(`waited in vain for ${what}; heard: ${heard.log.join(', ')}`);
          await world.breathe();
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      try {
        world.events.start(heard);
        await until('restored', () => heard.restorations.length > 0);
        await body(world, heard, until);
      } finally {
        await world.events.close();
        await world.close();
      }
    },
  };
}

function expectLog(heard: Heard, ...expected: string[]): void {
  const [is, should] = [heard.log.join(', '), expected.join(', ')];
  if (is !== should) throw new Error(`heard ${is}; expected ${should}`);
}

/** All cases. */
export const keyspaceEventsConformance: readonly KeyspaceEventsCase[] = [
  oneCase('an event stands before the fence that was asked for after it', async (world, heard, until) => {
    const ends: number[] = [];
    for (let i = 0; i < 20; i++) {
      ends.push(await world.expire(i % 3, `key\r\n${i}`));
      world.events.sync();
    }
    await until('fences', () => heard.fences.length === 20);
    const expected = ends.map((_, i) => `expired ${i % 3} key\r\n${i}`);
    for (const [i, event] of expected.entries()) {
      const at = heard.log.indexOf(event);
      const fence = heard.log.flatMap((line, place) => (line === 'fence' ? [place] : []))[i]!;
      if (at < 0 || at > fence) throw new Error(`event ${i} does not stand before its fence`);
      if (heard.fences[i]!.offset < ends[i]!) throw new Error(`fence ${i} names a place before the delete`);
    }
  }),
  oneCase('no event of a delete before a fence comes after it', async (world, heard, until) => {
    let end = 0;
    for (let i = 0; i < 50; i++) {
      world.events.sync();
      end = await world.expire(0, `${i}`);
    }
    world.events.sync();
    await until('fences', () => heard.fences.length === 51);
    if (heard.fences.at(-1)!.offset < end) throw new Error('the last fence lies before the last delete');
    const events = heard.log.filter((line) => line.startsWith('expired'));
    if (events.length !== 50 || heard.log.at(-1) !== 'fence') throw new Error('an event is missing or late');
  }),
  oneCase('a break is told once it is over, too, with a place from which all is told', async (world, heard, until) => {
    await world.cut();
    await until('restored', () => heard.restorations.length === 2);
    const end = await world.expire(0, 'a');
    world.events.sync();
    await until('a fence', () => heard.fences.length === 1);
    if (heard.restorations[1]!.offset >= end) throw new Error('restored behind a delete that was told');
    const losses = heard.log.filter((line) => line === 'lost').map(() => 'lost');
    expectLog(heard, 'restored', ...losses, 'restored', 'expired 0 a', 'fence');
    if (losses.length === 0) throw new Error('the break was not told');
  }),
  oneCase('it is silent once closed', async (world, heard) => {
    await world.events.close();
    world.events.sync();
    await world.expire(0, 'a');
    await world.breathe();
    expectLog(heard, 'restored');
  }),
];
