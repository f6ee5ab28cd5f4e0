/** Commands on sorted sets. */
import type { ModelCommand } from '../call.ts';

export const sortedSetCommands: readonly ModelCommand[] = [];
