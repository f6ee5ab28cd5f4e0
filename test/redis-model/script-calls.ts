/**
 * Random sequences of plain commands and of calls of the apply script, which follow from the seed.
 *
 * What a call expects of the marker, and of the keys that it tests, is looked up in a model that has carried out all before.
 */
import { createHash } from 'node:crypto';
import { applyScript, standaloneMarkerKey } from '../../packages/core/src/index.ts';
import { type ModelClient, type ModelReply, RedisModel, runApplyScript } from '../../packages/testkit/src/index.ts';
import { commandTable } from '../../packages/testkit/src/redis-model/commands/command-table.ts';
import { commandStream, type Step, type StreamOptions } from '../differential/command-stream.ts';
import { Draw } from '../differential/draw.ts';
import { generators } from '../differential/generator-table.ts';
import type { Words } from '../differential/row.ts';
import { commandsOf } from './random-commands.ts';
import { type ScriptDraw, scriptLetters } from './script-letters.ts';

/** The name by which a server knows the script. */
const scriptName = createHash('sha1').update(applyScript, 'latin1').digest('hex');

/** Plain commands that no operation may run: those about the transaction, and those that Redis refuses inside scripts. */
const notInside = new Set([
  ...['MULTI', 'EXEC', 'DISCARD', 'WATCH', 'SELECT'],
  ...[...generators.values()].filter(({ noScript }) => noScript).map(({ words }) => words[0]!),
]);

const own = 'own';
const peers = ['b/main/1', 'c/main/2'];

/** Letters of which the model knows all commands. */
const drawnLetters = Object.entries(scriptLetters).filter(([, { needs }]) =>
  needs.every((name) => commandTable.has(name)),
);
const totalWeight = drawnLetters.reduce((sum, [, { weight = 10 }]) => sum + weight, 0);

/** Carries out a command on the model: a call of the script by its twin. */
export function carryOut(model: RedisModel, client: ModelClient, words: Words): ModelReply {
  if (words[0] !== 'EVALSHA' || words[1] !== scriptName) return model.execute(client, words);
  return runApplyScript(model, words[3]!, words.slice(4));
}

/** A call of the script. @param head - the marker: peer, expected, next, own, expected, next */
export function scriptCall(head: Words, ...operations: readonly string[]): Words {
  return ['EVALSHA', scriptName, '1', standaloneMarkerKey, ...head, ...operations];
}

/** The commands of the stream, with calls of the script between its steps. */
export function withScriptCalls(options: StreamOptions): Words[] {
  const steps = commandStream(options);
  const maker = new CallMaker(options, steps);
  return steps.flatMap((made) => {
    const step = commandsOf(made);
    for (const words of step) maker.carryOut(words);
    return [...step, ['SELECT', '0'], ...maker.calls()];
  });
}

class CallMaker {
  readonly #draw: Draw;
  readonly #commands: readonly Words[];
  readonly #model: RedisModel;
  readonly #client: ModelClient;
  readonly #looking: ModelClient;
  #count = 0;

  constructor(options: StreamOptions, steps: readonly Step[]) {
    this.#draw = new Draw({ ...options, seed: options.seed + 1_000_003 });
    this.#commands = steps
      .flatMap(({ commands }) => commands)
      .filter(([name, key]) => !notInside.has(name!) && key !== undefined);
    this.#model = new RedisModel({
      replicationId: '1'.repeat(40),
      now: () => options.now,
      random: () => this.#draw.random.next(),
    });
    this.#client = this.#model.connect();
    this.#looking = this.#model.connect();
  }

  carryOut(words: Words): void {
    carryOut(this.#model, this.#client, words);
  }

  calls(): Words[] {
    const { random } = this.#draw;
    const calls = this.#draw.times(0, 1, () => this.#call());
    const spoilt = random.chance(0.01) ? [['SET', standaloneMarkerKey, 'text']] : [];
    for (const words of spoilt) this.carryOut(words);
    return [...calls, ...spoilt];
  }

  #call(): Words {
    const { random } = this.#draw;
    const peer = random.chance(0.5) ? '' : random.pick(peers);
    const head = [peer, this.#expected(peer), `p${++this.#count}`, own, this.#expected(own), `o${this.#count}`];
    const words = scriptCall(head, ...this.#operations(random.chance(0.05) ? 40 : 6));
    this.carryOut(words);
    return words;
  }

  /** What the marker's field holds; wrong now and then. */
  #expected(field: string): string {
    if (this.#draw.random.chance(0.04)) return this.#draw.one('', 'wrong');
    const held = this.#look(0, ['HGET', standaloneMarkerKey, field]);
    return typeof held === 'string' ? held : '';
  }

  #look(db: number, words: Words): ModelReply {
    this.#looking.db = db;
    return this.#model.execute(this.#looking, words);
  }

  #operations(most: number): Words {
    const script: ScriptDraw = {
      draw: this.#draw,
      db: 0,
      look: (...words) => this.#look(script.db, words),
      command: () => this.#draw.random.pick(this.#commands),
      operations: (count) => drawn(script, count),
    };
    return drawn(script, most);
  }
}

function drawn(script: ScriptDraw, most: number): Words {
  return script.draw.flat(1, most, () => {
    let place = script.draw.random.next() * totalWeight;
    for (const [letter, { weight = 10, make }] of drawnLetters) {
      place -= weight;
      if (place < 0) return [letter, ...make(script)];
    }
    throw new Error('nothing to draw from');
  });
}
