/**
 * What a scenario is: a named claim about the whole product, checked against real servers, repeatable by its seed.
 */
import type { Mesh, MeshOptions } from '../../apps/demo/src/lab/index.ts';

/** What a run found out, for its line and for the evidence. */
export type Figures = Readonly<Record<string, number | string | boolean>>;

export interface RunContext {
  /** Everything random in the run follows from it. */
  readonly seed: number;
  /** Which run this is, from 0. */
  readonly run: number;
  /** Full size, not the small one that `npm test` runs. */
  readonly full: boolean;
  /** What the command line narrows the run to; see `Scenario.narrowing`. */
  readonly narrowed: Readonly<Record<string, string>>;
  /** For logs and data; kept when the run fails. */
  readonly folder: string;
  log(line: string): void;
  /** Starts the servers of sites, which are stopped when the run ends; their replicators are only configured. */
  prepare(options: Omit<MeshOptions, 'folder'>): Promise<Mesh>;
  /** Like `prepare`, and starts the replicators; returns when all are ready. */
  start(options: Omit<MeshOptions, 'folder'>): Promise<Mesh>;
  /** Undone when the run ends, last first. */
  defer(undo: () => unknown): void;
}

export interface Scenario {
  readonly name: string;
  /** What holds if it passes. */
  readonly title: string;
  /** How often `npm test` runs it. */
  readonly ciRuns: number;
  /** How often it is run for the record. */
  readonly fullRuns: number;
  /** Whether `npm test` runs its parts one by one, in tests of their own. @defaultValue false */
  readonly inParts?: boolean;
  /** Options by which a run can be narrowed, and what each takes: for finding what failed. */
  readonly narrowing?: Readonly<Record<string, string>>;
  /** Throws when the claim does not hold. */
  run(context: RunContext): Promise<Figures>;
  /** Ends what its runs share, after the last. */
  end?(): Promise<void>;
}
