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
  /** Throws when the claim does not hold. */
  run(context: RunContext): Promise<Figures>;
}
