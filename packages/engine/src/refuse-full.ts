/** Whether a full synchronisation may be taken as a beginning. */
import type { Attachment, Position } from '@entwine/core';

/** Why it may not; undefined when it may. @param at - the place read so far; null for a log that begins. */
export function refuseFull(
  attachment: Attachment & { readonly mode: 'full' },
  at: Position | null,
): string | undefined {
  const { endpoint, empty } = attachment;
  if (at !== null)
    return `${endpoint} can't continue from ${at.replicationId}:${at.offset} and offers a full synchronisation: the backlog was too short, or its data is another's`;
  if (empty) return undefined;
  return `${endpoint} already holds data; this version can only begin on an empty Redis (and keep its log folder afterwards)`;
}
