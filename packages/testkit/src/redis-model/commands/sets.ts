/** Commands on sets. */
import type { ModelCommand } from '../call.ts';

export const setCommands: readonly ModelCommand[] = [];
