/**
 * Sites that replicate to each other in memory: each a keyspace, a model, a log. The path of an engine without its races:
 * a local command runs and is translated at once, a remote entry is decided and its effects interpreted at once.
 *
 * Entries travel as bytes. Heartbeats carry W, and the cut follows from them by the engine's rule.
 */
import { decideOp } from '../src/apply/decide-op.ts';
import { Effects } from '../src/apply/effects.ts';
import { ByteWriter } from '../src/bytes/byte-writer.ts';
import { epoch, HybridClock } from '../src/clock/hybrid-clock.ts';
import type { Entry } from '../src/entry/entry.ts';
import { decodeEntry, encodeEntry } from '../src/entry/entry-codec.ts';
import { Model } from '../src/merge/model.ts';
import { translateUnit } from '../src/translate/translate-unit.ts';
import { commandsOf } from './commands.ts';
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
  | { readonly do: 'wait'; readonly site: number; readonly ms: number };

export class MeshSite {
  readonly origin: string;
  readonly priority: number;
  readonly keyspace: Keyspace = new Keyspace();
  readonly model: Model = new Model();
  readonly clock: HybridClock = new HybridClock();
  /** Encoded entries, the first with seq 1. */
  readonly log: Uint8Array[] = [];
  /** By site number: entries received of its log, their last time, and its W as it reported it. */
  readonly received: number[];
  readonly settled: number[];
  readonly reported: number[];
  now: number = epoch + 1000;
  /** Time of the last entry in the log. */
  last = 0;

  constructor(number: number, sites: number) {
    this.origin = `site${number}/main/1`;
    this.priority = number + 1;
    this.received = new Array(sites).fill(0);
    this.settled = new Array(sites).fill(0);
    this.reported = new Array(sites).fill(0);
  }
}

export class Mesh {
  readonly sites: readonly MeshSite[];
  readonly #forgetting: boolean;
  readonly #allows: (site: MeshSite, command: UserCommand) => boolean;

  /** @param allows - commands that it denies are not run. */
  constructor(
    sites: number,
    forgetting: boolean,
    allows: (site: MeshSite, command: UserCommand) => boolean = () => true,
  ) {
    this.sites = Array.from({ length: sites }, (_, number) => new MeshSite(number, sites));
    this.#forgetting = forgetting;
    this.#allows = allows;
  }

  step(step: Step): void {
    const at = (number: number): number => number % this.sites.length;
    if (step.do === 'write') this.#write(this.sites[at(step.site)]!, step.unit);
    else if (step.do === 'heartbeat') this.#heartbeat(at(step.site));
    else if (step.do === 'wait') this.sites[at(step.site)]!.now += step.ms;
    else for (let i = 0; i < step.entries; i++) this.#deliver(at(step.from), at(step.to));
  }

  /** Delivers everything to everybody. */
  settle(): void {
    this.sites.forEach((giver, from) => {
      this.sites.forEach((taker, to) => {
        while (from !== to && taker.received[from]! < giver.log.length) this.#deliver(from, to);
      });
    });
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
  entries(): { readonly origin: string; readonly entry: Entry }[] {
    return this.sites.flatMap(({ origin, log }) => log.map((bytes) => ({ origin, entry: decode(bytes) })));
  }

  #write(site: MeshSite, unit: readonly UserCommand[]): void {
    const done = unit.filter((command) => this.#allows(site, command) && site.keyspace.run(command.db, command.args));
    if (done.length === 0) return;
    const commands = commandsOf(...done.map(({ args }) => args));
    const { origin, priority, model } = site;
    const time = site.clock.tick(site.now);
    const translated = translateUnit(
      commands.map((command, i) => ({ command, db: done[i]!.db })),
      model,
      { time, priority, origin },
    );
    if (translated.untranslated.length > 0) throw new Error(`not translated: ${translated.untranslated}`);
    append(site, { type: 'unit', seq: site.log.length + 1, time, priority, ops: translated.ops });
  }

  #heartbeat(number: number): void {
    const site = this.sites[number]!;
    const others = this.sites.map((_, other) => other).filter((other) => other !== number);
    const received = Math.min(site.last, ...others.map((other) => site.settled[other]!));
    const time = site.clock.tick(site.now);
    append(site, { type: 'heartbeat', seq: site.log.length + 1, time, priority: site.priority, received });
    const cut = Math.min(received, ...others.map((other) => site.reported[other]!));
    if (this.#forgetting) site.model.forget(cut);
  }

  /** Decides every entry once more at every other site, as if the receiver had not known it. Not after forgetting. */
  redeliver(): void {
    for (const giver of this.sites)
      for (const taker of this.sites)
        if (giver !== taker) for (const bytes of giver.log) apply(taker, giver.origin, decode(bytes));
  }

  #deliver(from: number, to: number): void {
    const [giver, taker] = [this.sites[from]!, this.sites[to]!];
    const bytes = giver.log[taker.received[from]!];
    if (from === to || bytes === undefined) return;
    taker.received[from]!++;
    const entry = decode(bytes);
    taker.clock.observe(entry.time);
    if (entry.type === 'heartbeat') taker.reported[from] = entry.received;
    apply(taker, giver.origin, entry);
    taker.settled[from] = entry.time;
  }
}

function apply(site: MeshSite, origin: string, entry: Entry): void {
  if (entry.type === 'heartbeat') return;
  const effects = new Effects();
  for (const op of entry.ops) decideOp(site.model, op, { time: entry.time, priority: entry.priority, origin }, effects);
  const refused = site.keyspace.apply(effects.args);
  if (refused > 0) throw new Error(`${refused} operations refused: ${effects.args}`);
}

function append(site: MeshSite, entry: Entry): void {
  const writer = new ByteWriter(64);
  encodeEntry(writer, entry);
  site.log.push(writer.take());
  site.last = entry.time;
}

function decode(bytes: Uint8Array): Entry {
  const decoded = decodeEntry(bytes);
  if (decoded.type === 'failure') throw new Error(decoded.message);
  return decoded.entry;
}
