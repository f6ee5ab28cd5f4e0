/** Runs what may call the host; what that throws ends the link and not the process. */
import { LinkError } from '../link-error.ts';

/** The value, or the error that the link ends with. */
export function guard<T>(run: () => T): { readonly value?: T; readonly error?: LinkError } {
  try {
    return { value: run() };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return { error: new LinkError('host', `this site failed: ${message}`, cause) };
  }
}
