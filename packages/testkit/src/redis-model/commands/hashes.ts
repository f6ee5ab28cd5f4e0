/** Commands on hashes. */
import type { ModelCommand } from '../call.ts';

export const hashCommands: readonly ModelCommand[] = [];
