/** Commands on the expiry of keys. */
import type { ModelCommand } from '../call.ts';

export const expiryCommands: readonly ModelCommand[] = [];
