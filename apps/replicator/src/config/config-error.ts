/**
 * What is wrong with a configuration: every problem found at once, each with its place and its remedy.
 *
 * Rules: no message holds a value that may be a secret.
 */

/** One problem. */
export interface ConfigProblem {
  /** Dotted path of the key, e.g. `peers[1].site`; empty for the file as a whole. */
  readonly path: string;
  /** Line in the file, from 1; null when there is none. */
  readonly line: number | null;
  readonly message: string;
  /** What to do about it; a sentence. */
  readonly remedy: string;
}

/** The file cannot be used. `message` names the file and lists every problem, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => formatProblem(file, problem)).join('\n'));
    this.file = file;
    this.problems = problems;
  }
}

function formatProblem(file: string, problem: ConfigProblem): string {
  const place = problem.line === null ? file : `${file}:${problem.line}`;
  const path = problem.path === '' ? '' : `${problem.path}: `;
  return `${place}: ${path}${problem.message}. ${problem.remedy}`.trimEnd();
}
