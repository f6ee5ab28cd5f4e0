/**
 * A case: a small play on sites, with an exact outcome. It is played on real servers (`live-case.ts`) and in simulated worlds
 * (`../simulation/case-runs.ts`), unless it needs what only the one or the other has.
 */
import type { MeshOptions } from '../../apps/demo/src/lab/index.ts';
import type { Stage } from './stage.ts';

export interface Case {
  /** Unique, and fit for a command line. */
  readonly name: string;
  /** What holds. */
  readonly title: string;
  /** Sites of its own, and how they differ from the shared three. */
  readonly own?: Partial<Omit<MeshOptions, 'folder'>>;
  /** What an eviction is at its sites. @defaultValue local */
  readonly eviction?: 'replicate';
  /** What it needs that a simulated world has not. */
  readonly onlyLive?: string;
  /** What it needs that real servers have not. */
  readonly onlySimulated?: string;
  run(stage: Stage): Promise<unknown>;
}
