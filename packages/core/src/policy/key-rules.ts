/** A list of rules, read once: which of them is the first to match. */
import type { ByteString } from '../bytes/byte-string.ts';
import { compileGlob, type Glob } from './glob.ts';

interface Matchable {
  readonly keys?: readonly ByteString[] | undefined;
  readonly databases?: readonly number[] | undefined;
  readonly commands?: readonly string[] | undefined;
}

interface Compiled<R> {
  readonly rule: R;
  readonly globs: readonly Glob[] | undefined;
  readonly databases: readonly number[] | undefined;
  readonly commands: ReadonlySet<string> | undefined;
}

/** Rules, in order. */
export class KeyRules<R extends Matchable> {
  readonly #rules: readonly Compiled<R>[];

  constructor(rules: readonly R[]) {
    this.#rules = rules.map((rule) => ({
      rule,
      globs: rule.keys?.map(compileGlob),
      databases: rule.databases,
      commands: rule.commands && new Set(rule.commands),
    }));
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /**
   * The first that matches.
   * @param db - undefined: of no database, or of all.
   * @param key - undefined: of no key.
   * @param names - of the command and its subcommand; undefined: it is not known, or no command was it.
   */
  find(db: number | undefined, key: ByteString | undefined, names?: readonly string[]): R | undefined {
    for (const { rule, globs, databases, commands } of this.#rules) {
      if (databases !== undefined && (db === undefined || !databases.includes(db))) continue;
      if (commands !== undefined && names?.some((name) => commands.has(name)) !== true) continue;
      if (globs === undefined || (key !== undefined && globs.some((glob) => glob(key)))) return rule;
    }
    return undefined;
  }
}
