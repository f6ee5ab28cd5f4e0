/** Commands on streams and their consumer groups. */
import type { ModelCommand } from '../call.ts';

export const streamCommands: readonly ModelCommand[] = [];
