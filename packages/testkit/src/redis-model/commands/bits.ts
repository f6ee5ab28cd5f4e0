/** Commands on the bits of strings. */
import type { ModelCommand } from '../call.ts';

export const bitCommands: readonly ModelCommand[] = [];
