/** A process that plays seeds for another one: a message with what to play in, a message with its outcome out. */
import { catchStrays, playSeed } from './play-seed.ts';
import type { SimOptions } from './sim-run.ts';

catchStrays();
process.on('message', (options: SimOptions) => {
  void playSeed(options).then((outcome) => process.send?.(outcome));
});
// ^C reaches all of a terminal's processes; whoever asked decides when it is over.
process.on('SIGINT', () => {});
// Whoever asked has gone.
process.on('disconnect', () => process.exit(0));
