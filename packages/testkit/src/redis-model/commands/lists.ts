/** Commands on lists. */
import type { ModelCommand } from '../call.ts';

export const listCommands: readonly ModelCommand[] = [];
