/** What a flush is to one key of its database. */
import { isNewer, type Time, type Version } from '../version/version.ts';
import type { KeyState } from './key-state.ts';
import { mergeRoot, noteContent } from './registers.ts';

/** A key of a flushed database: nothing of it is older than the flush. */
export function rootAt(state: KeyState, version: Version, cut: Time): void {
  // It has taken away what a command that names what stood there may have met.
  noteContent(state, version);
  mergeRoot(state, version, cut);
  state.rootDeletes ||= state.root === version;
  if (isNewer(version, state.expiryVersion)) {
    state.expiryVersion = version;
    state.expiry = null;
    state.expiryByRoot = true;
  }
  if (version.time > state.newest) state.newest = version.time;
}
