/**
 * Random streams of steps: single commands, transactions, commands that wait for data, and additions that must last.
 * The same options give the same stream. A stream can be cut down to any of its steps.
 */
import { Draw, type DrawOptions } from './draw.ts';
import { type Due, type DueType, dueKinds } from './dues.ts';
import { type Generator, generators } from './generator-table.ts';
import type { Words } from './row.ts';

export interface StreamOptions extends DrawOptions {
  /** How many commands, about. */
  readonly commands: number;
  /** Whether some steps add to keys of their own that nothing else touches. */
  readonly withDues: boolean;
}

export interface Step {
  readonly db: number;
  /** Sent first, on a connection of its own, where it may wait; the commands then serve it, perhaps. */
  readonly waits?: Words;
  /** Sent in this order on the one main connection. */
  readonly commands: readonly Words[];
  /** What was added when the last command is confirmed. */
  readonly dues?: readonly Due[];
}

export function commandStream(options: StreamOptions): Step[] {
  const draw = new Draw(options);
  const maker = new StepMaker(draw, options);
  const steps: Step[] = [];
  for (let count = 0; count < options.commands; ) {
    const step = maker.step();
    steps.push(step);
    count += step.commands.length + (step.waits === undefined ? 0 : 1);
  }
  return steps;
}

class StepMaker {
  #draw: Draw;
  #options: StreamOptions;
  #candidates: readonly Generator[];
  #dueTypes: readonly DueType[];
  #db = 0;
  #added = 0;

  constructor(draw: Draw, options: StreamOptions) {
    this.#draw = draw;
    this.#options = options;
    this.#candidates = [...generators.values()].filter(
      ({ name, group, loose }) =>
        draw.has(group) &&
        !options.without.has(name) &&
        !(loose && options.determinate) &&
        (name !== 'flushall' || options.flushAll),
    );
    const types = Object.keys(dueKinds) as DueType[];
    this.#dueTypes = options.withDues ? types.filter((type) => draw.has(dueKinds[type].group)) : [];
    if (options.determinate) this.#dueTypes = this.#dueTypes.filter((type) => type !== 'stream');
    draw.inner = () => this.#inner();
  }

  step(): Step {
    const { random } = this.#draw;
    if (this.#dueTypes.length > 0 && random.chance(0.12)) return this.#addition();
    this.#db = this.#draw.db();
    if (random.chance(0.07)) return this.#transaction();
    const db = this.#db;
    this.#draw.drawn = [];
    const generator = this.#pick();
    if (generator.waits !== undefined && random.chance(0.7)) {
      const waits = [...generator.words, ...generator.waits(this.#draw)];
      const commands = random.chance(0.75) || this.#options.determinate ? this.#serve(generator) : [];
      return { db, waits, commands };
    }
    const command = this.#make(generator);
    // Inside a transaction nothing waits.
    const mayWait = generator.waits !== undefined && generator.group !== 'streams';
    return { db, commands: mayWait ? [['MULTI'], command, ['EXEC']] : [command] };
  }

  #pick(allowed: (generator: Generator) => boolean = () => true): Generator {
    const candidates = this.#candidates.filter(
      (generator) => allowed(generator) && (generator.name !== 'flushdb' || this.#options.flushAll || this.#db !== 0),
    );
    let place = this.#draw.random.next() * candidates.reduce((sum, { weight = 10 }) => sum + weight, 0);
    for (const candidate of candidates) {
      place -= candidate.weight ?? 10;
      if (place < 0) return candidate;
    }
    throw new Error('nothing to draw from');
  }

  #make(generator: Generator): Words {
    return [...generator.words, ...generator.make(this.#draw)];
  }

  #inner(): Words {
    const free = (generator: Generator): boolean =>
      generator.noScript !== true && generator.group !== 'scripts' && generator.group !== 'functions';
    return this.#make(this.#pick(free));
  }

  #serve({ group }: Generator): Words[] {
    const { random } = this.#draw;
    const key = random.pick(this.#draw.drawn);
    const push: Words =
      group === 'lists'
        ? [random.pick(['RPUSH', 'LPUSH']), key, ...this.#draw.times(1, 3, () => this.#draw.value())]
        : group === 'zsets'
          ? ['ZADD', key, this.#draw.score(), this.#draw.member()]
          : ['XADD', key, this.#draw.nextId(key), this.#draw.field(), this.#draw.value()];
    if (random.chance(0.7)) return [push];
    return [['MULTI'], push, this.#inner(), ['EXEC']];
  }

  #transaction(): Step {
    const { random } = this.#draw;
    const db = this.#db;
    const commands: Words[] = [];
    if (random.chance(0.2)) {
      commands.push(['WATCH', this.#draw.anyKey(), this.#draw.anyKey()]);
      if (random.chance(0.4)) commands.push(this.#inner());
    }
    commands.push(['MULTI']);
    for (let left = random.integer(1, 6); left > 0; left--) {
      if (random.chance(0.06)) {
        this.#db = this.#draw.db();
        commands.push(['SELECT', String(this.#db)]);
      }
      commands.push(this.#make(this.#pick()));
    }
    commands.push([random.chance(0.1) ? 'DISCARD' : 'EXEC']);
    return { db, commands };
  }

  #addition(): Step {
    const { random } = this.#draw;
    const dues = this.#draw.times(1, random.chance(0.3) ? 4 : 1, () => this.#due());
    const commands = dues.map((due) => dueKinds[due.type].add(due));
    const atomic = commands.length > 1;
    return { db: 0, commands: atomic ? [['MULTI'], ...commands, ['EXEC']] : commands, dues };
  }

  #due(): Due {
    const { random } = this.#draw;
    const type = random.pick(this.#dueTypes);
    const key = `${this.#options.prefix}:due:${type}${random.integer(0, 1)}`;
    if (!type.endsWith('count')) return { type, key, name: `${this.#options.site}-${++this.#added}` };
    const name = type === 'count' ? '' : `c${random.integer(0, 2)}`;
    return { type, key, name, by: random.integer(-9, 20) };
  }
}
