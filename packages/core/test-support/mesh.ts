/**
 * Sites that replicate to each other in memory: each a keyspace, a model, a log. The path of an engine without its races:
 * a local command runs and is translated at once, a remote entry is decided and its effects interpreted at once.
 *
 * Entries travel as bytes. Heartbeats carry W, and the cut follows from them by the engine's rule.
 */
import { compareKey } from '../src/apply/compare-key.ts';
import { decideFlush } from '../src/apply/decide-flush.ts';
import { decideOp } from '../src/apply/decide-op.ts';
import { Effects } from '../src/apply/effects.ts';
import type { Conflict } from '../src/audit/conflict.ts';
import { toByteString } from '../src/bytes/byte-string.ts';
import { ByteWriter } from '../src/bytes/byte-writer.ts';
import { epoch, HybridClock } from '../src/clock/hybrid-clock.ts';
import { type Covers, type Entry, indicesOf, type Op } from '../src/entry/entry.ts';
import { decodeEntry, encodeEntry } from '../src/entry/entry-codec.ts';
import type { KeyState } from '../src/merge/key-state.ts';
import { commandAgain, takeLostAdds } from '../src/merge/lost-adds.ts';
import { mayRefill } from '../src/merge/merge-state.ts';
import { Model } from '../src/merge/model.ts';
import { Shadow } from '../src/merge/shadow.ts';
import type { Ask } from '../src/translate/ask.ts';
import { translateUnit } from '../src/translate/translate-unit.ts';
import type { Deletion } from '../src/translate/unit-translation.ts';
import { commandsOf } from './commands.ts';
import { answer, isBeingRead, seenOf } from './engine-part.ts';
import { Keyspace } from './keyspace.ts';

/** A command of a user's, and where. */
export interface UserCommand {
  readonly db: number;
  readonly args: readonly string[];
}

/** One thing that happens in a mesh. Sites are numbers, taken modulo how many there are. */
export type Step =
  | { readonly do: 'write'; readonly site: number; readonly unit: readonly UserCommand[] }
  | { readonly do: 'deliver'; readonly from: number; readonly to: number; readonly entries: number }
  | { readonly do: 'heartbeat'; readonly site: number }
  /** What the site has to read is read. */
  | { readonly do: 'fence'; readonly site: number }
  | { readonly do: 'wait'; readonly site: number; readonly ms: number }
  /** PEXPIREAT with a time that has passed, as Valkey tells it: an expiry. */
  | { readonly do: 'past'; readonly site: number; readonly db: number; readonly key: string };

/** An entry and whose it is. */
export interface OriginEntry {
  readonly origin: string;
  readonly entry: Entry;
}

export class MeshSite {
  readonly origin: string;
  readonly priority: number;
  readonly keyspace: Keyspace = new Keyspace();
  readonly model: Model;
  readonly clock: HybridClock = new HybridClock();
  /** Encoded entries, the first with seq 1. */
  readonly log: Uint8Array[] = [];
  /** By site number: entries received of its log, their last time, and its W as it reported it. */
  readonly received: number[];
  readonly settled: number[];
  readonly reported: number[];
  /** By site number: up to when it has told that it had forgotten. */
  readonly cuts: number[];
  now: number = epoch + 1000;
  /** Time of the last entry in the log. */
  last = 0;
  /** What is to be read behind the next fence. */
  asks: Ask[] = [];
  /** Conflicts found, oldest first. */
  readonly conflicts: Conflict[] = [];
  /** Entries of users' units and of keys that expired; the rest corrects. */
  units = 0;

  constructor(number: number, sites: number) {
    this.origin = `site${number}/main/1`;
    this.priority = number + 1;
    this.model = new Model(0, this.priority);
    this.received = new Array(sites).fill(0);
    this.settled = new Array(sites).fill(0);
    this.reported = new Array(sites).fill(0);
    this.cuts = new Array(sites).fill(0);
    this.model.auditTo({
      heard: (priority) => this.settled[priority - 1]!,
      found: (conflict) => this.conflicts.push(conflict),
      passedOver: (count) => {
        throw new Error(`${count} writes were not looked at`);
      },
    });
  }

  /** What it has settled of the others. */
  get seen(): Covers {
    return this.settled.flatMap((time, number) => (number + 1 === this.priority ? [] : [[number + 1, time] as const]));
  }
}

export class Mesh {
  readonly sites: readonly MeshSite[];
  readonly #forgetting: boolean;
  readonly #allows: (site: MeshSite, command: UserCommand) => boolean;
  readonly #prepare: (site: MeshSite, command: UserCommand) => UserCommand;

  /** @param allows - commands that it denies are not run. @param prepare - sees each right before it runs. */
  constructor(
    sites: number,
    forgetting: boolean,
    allows: (site: MeshSite, command: UserCommand) => boolean = () => true,
    prepare: (site: MeshSite, command: UserCommand) => UserCommand = (_, command) => command,
  ) {
    this.sites = Array.from({ length: sites }, (_, number) => new MeshSite(number, sites));
    this.#forgetting = forgetting;
    this.#allows = allows;
    this.#prepare = prepare;
  }

  step(step: Step): void {
    const at = (number: number): number => number % this.sites.length;
    if (step.do === 'write') this.#write(this.sites[at(step.site)]!, step.unit);
    else if (step.do === 'heartbeat') this.#heartbeat(at(step.site));
    else if (step.do === 'wait') this.#wait(this.sites[at(step.site)]!, step.ms);
    else if (step.do === 'past')
      this.#run(this.sites[at(step.site)]!, [{ db: step.db, args: ['DEL', step.key] }], 'expiry');
    else if (step.do === 'fence') this.#fence(this.sites[at(step.site)]!);
    else for (let i = 0; i < step.entries; i++) this.#deliver(at(step.from), at(step.to));
  }

  /** Delivers everything to everybody, and all that follows from it. @returns how many rounds that took. */
  settle(mostRounds = 40): number {
    for (let round = 1; round <= mostRounds; round++) {
      for (const site of this.sites) this.#fence(site);
      this.sites.forEach((giver, from) => {
        this.sites.forEach((taker, to) => {
          while (from !== to && taker.received[from]! < giver.log.length) {
            if (!this.#deliver(from, to)) this.#fence(taker);
          }
        });
      });
      if (this.sites.every((site) => site.asks.length === 0 && this.#hasAll(site))) return round;
    }
    throw new Error('corrections do not end');
  }

  #hasAll(site: MeshSite): boolean {
    return this.sites.every((giver, from) => giver === site || site.received[from] === giver.log.length);
  }

  /** Moves every clock so far that whatever expires has expired. */
  expireAll(): void {
    const latest = Math.max(
      ...this.sites.map((site) => site.now),
      ...this.sites.flatMap((site) => site.keyspace.expiries()),
    );
    for (const site of this.sites) this.#wait(site, latest + 1 - site.now);
  }

  /** Heartbeats until every site's cut has passed everything written. */
  forgetAll(): void {
    for (let round = 0; round < 3; round++) {
      for (const site of this.sites) site.now = Math.max(...this.sites.map((one) => one.now)) + 1000;
      this.sites.forEach((_, number) => {
        this.#heartbeat(number);
      });
      this.settle();
    }
    this.sites.forEach((_, number) => {
      this.#heartbeat(number);
    });
  }

  /** Every entry of every log, with its origin. */
  entries(): OriginEntry[] {
    return this.sites.flatMap(({ origin, log }) => log.map((bytes) => ({ origin, entry: decode(bytes) })));
  }

  #write(site: MeshSite, unit: readonly UserCommand[]): void {
    const done: UserCommand[] = [];
    for (const command of unit) {
      if (!this.#allows(site, command)) continue;
      const prepared = this.#prepare(site, command);
      if (site.keyspace.run(prepared.db, prepared.args)) done.push(prepared);
    }
    this.#ship(site, done);
  }

  /** Commands that are no user's. */
  #run(site: MeshSite, unit: readonly UserCommand[], deletion: Deletion = 'root'): void {
    this.#ship(
      site,
      unit.filter((command) => site.keyspace.run(command.db, command.args)),
      deletion,
    );
  }

  /** Local commands that had an effect. */
  #ship(site: MeshSite, done: readonly UserCommand[], deletion: Deletion = 'root'): void {
    if (done.length === 0) return;
    const commands = commandsOf(...done.map(({ args }) => args));
    const { origin, priority, model } = site;
    const time = site.clock.tick(site.now);
    const translated = translateUnit(
      commands.map((command, i) => ({ command, db: done[i]!.db })),
      model,
      { time, priority, origin },
      undefined,
      (db, key) => seenOf(site, db, key),
      done.map(() => deletion),
    );
    if (translated.untranslated.length > 0) throw new Error(`not translated: ${translated.untranslated}`);
    site.asks.push(...translated.asks);
    site.units++;
    if (translated.ops.length === 0) return;
    append(site, { type: 'unit', seq: site.log.length + 1, time, priority, ops: translated.ops });
  }

  /** Time passes; keys expire. */
  #wait(site: MeshSite, ms: number): void {
    site.now += ms;
    site.keyspace.now = site.now;
    for (const [db, key] of site.keyspace.expired()) this.#run(site, [{ db, args: ['DEL', key] }], 'expiry');
  }

  #fence(site: MeshSite): void {
    if (site.asks.length === 0) return;
    const stamp = { time: site.clock.tick(site.now), priority: site.priority, origin: site.origin };
    const ops = answer(site, site.asks, stamp);
    site.asks = [];
    this.#correct(site, stamp.time, ops);
  }

  #correct(site: MeshSite, time: number, ops: readonly Op[]): void {
    if (ops.length > 0) append(site, { type: 'unit', seq: site.log.length + 1, time, priority: site.priority, ops });
  }

  #heartbeat(number: number): void {
    const site = this.sites[number]!;
    const others = this.sites.map((_, other) => other).filter((other) => other !== number);
    const received = Math.min(site.last, ...others.map((other) => site.settled[other]!));
    const time = site.clock.tick(site.now);
    const cut = this.#forgetting ? Math.min(received, ...others.map((other) => site.reported[other]!)) : 0;
    const forgotten = Math.max(cut, site.model.cut);
    const seq = site.log.length + 1;
    append(site, {
      type: 'heartbeat',
      seq,
      time,
      priority: site.priority,
      received,
      ...(cut > 0 && { cut: forgotten }),
    });
    if (this.#forgetting) site.model.forget(cut);
  }

  /** Decides every entry once more at every other site, as if the receiver had not known it. Not after forgetting. */
  redeliver(): void {
    for (const giver of this.sites)
      for (const taker of this.sites)
        if (giver !== taker) for (const bytes of giver.log) this.#apply(taker, giver.origin, decode(bytes));
  }

  /** @returns false when the entry has to wait for a fence. */
  #deliver(from: number, to: number): boolean {
    const [giver, taker] = [this.sites[from]!, this.sites[to]!];
    const bytes = giver.log[taker.received[from]!];
    if (from === to || bytes === undefined) return true;
    const entry = decode(bytes);
    if (entry.type === 'unit' && entry.ops.some((op) => isBeingRead(taker, op))) return false;
    taker.received[from]!++;
    taker.clock.observe(entry.time);
    if (entry.type === 'heartbeat') {
      taker.reported[from] = entry.received;
      taker.cuts[from] = entry.cut ?? taker.cuts[from]!;
    }
    const after = this.#apply(taker, giver.origin, entry, taker.cuts[from]);
    taker.settled[from] = entry.time;
    for (const act of after) act();
    return true;
  }

  /** Applies an entry. @returns what is to be done when it is settled. */
  #apply(site: MeshSite, origin: string, entry: Entry, cut?: number): (() => void)[] {
    const after: (() => void)[] = [];
    if (entry.type === 'heartbeat') return after;
    const effects = new Effects();
    const seen = entry.seen?.find(([priority]) => priority === site.priority)?.[1];
    const stamp = { time: entry.time, priority: entry.priority, origin, seen, ...(cut !== undefined && { cut }) };
    const touched = new Set<KeyState>();
    after.push(() => {
      for (const state of touched) {
        const commands = takeLostAdds(state, state.wipedIn).map((add) =>
          commandAgain(add).map((arg) => toByteString(arg)),
        );
        if (commands.length === 0) continue;
        this.#run(
          site,
          commands.map((args) => ({ db: state.db, args })),
        );
        site.units--;
      }
    });
    for (const op of entry.ops) {
      if (op.type === 'flush') {
        decideFlush(site.model, op, stamp, effects);
        for (const state of site.model.states()) touched.add(state);
        after.push(() => this.#askForMissed(site));
        continue;
      }
      const { ask, state } = decideOp(site.model, op, stamp, effects);
      touched.add(state);
      if (ask !== undefined) {
        after.push(() => {
          const want: Op = { type: 'want', db: op.db, index: 0, key: op.key, version: ask };
          this.#correct(site, site.clock.tick(site.now), [want]);
        });
      }
      if (op.type === 'want' && op.version.priority === site.priority) {
        after.push(() => {
          const state = site.model.find(op.db, op.key);
          if (state !== undefined && mayRefill(state, op.version)) {
            site.asks.push({ type: 'refill', db: op.db, key: op.key, version: op.version });
            return;
          }
          site.model.ask(op.db, op.key, false);
          site.asks.push({ type: 'state', db: op.db, key: op.key, overwrites: false });
        });
      }
    }
    const refused = site.keyspace.apply(effects.args);
    if (refused > 0) throw new Error(`${refused} operations refused: ${effects.args}`);
    // As the engine does once a call is seen in the stream.
    for (const state of touched) state.gone &&= !site.keyspace.has(state.db, state.key);
    for (const [db, key] of site.keyspace.stayed.splice(0)) this.#compareStayed(site, db, key);
    return after;
  }

  /** What a flush has shown to be missing. */
  #askForMissed(site: MeshSite): void {
    for (const { db, key, wanted } of site.model.wanting)
      if (wanted !== undefined)
        this.#correct(site, site.clock.tick(site.now), [{ type: 'want', db, index: 0, key, version: wanted }]);
    site.model.wanting.clear();
  }

  #compareStayed(site: MeshSite, db: number, key: string): void {
    const state = site.model.find(db, key);
    if (state === undefined) return;
    const shadow = new Shadow();
    shadow.stayed = true;
    const effects = new Effects();
    compareKey(site.model, state, shadow, site.now, effects);
    site.keyspace.apply(effects.args);
  }
}

function append(site: MeshSite, entry: Entry): void {
  // Where an op stands is not written: what others read must be what its site has merged.
  let index = 0;
  for (const op of entry.type === 'unit' ? entry.ops : []) {
    if (op.index !== index) throw new Error(`${op.type} ${op.key} was merged as ${op.index} and is read as ${index}`);
    index += indicesOf(op);
  }
  const writer = new ByteWriter(64);
  encodeEntry(writer, { ...entry, seen: site.seen });
  site.log.push(writer.take());
  site.last = entry.time;
}

function decode(bytes: Uint8Array): Entry {
  const decoded = decodeEntry(bytes);
  if (decoded.type === 'failure') throw new Error(decoded.message);
  return decoded.entry;
}
