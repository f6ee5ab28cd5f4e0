/**
 * The kinds of frames, by their number on the wire. A number is never given another meaning.
 *
 * The dialer reads a log, the listener owns it. Handshake, in this order: hello (dialer), challenge (listener), proof
 * (dialer), welcome (listener), start (dialer), ready (listener). Then data and more flow from the listener, ack and credit from the
 * dialer; ping, pong and error from either.
 */

/** Number on the wire of each frame type. */
export const frameType = {
  hello: 1,
  challenge: 2,
  proof: 3,
  welcome: 4,
  start: 5,
  /** A batch, or its first piece. */
  data: 6,
  /** The next piece of the batch begun by the last data frame. */
  more: 7,
  ack: 8,
  credit: 9,
  ping: 10,
  pong: 11,
  /** Why the sender is about to hang up. */
  error: 12,
  /** The log is served from where start asked. */
  ready: 13,
} as const;

/** A frame's number on the wire. */
export type FrameType = (typeof frameType)[keyof typeof frameType];

const known: ReadonlySet<number> = new Set(Object.values(frameType));

/** Whether a byte is the number of a frame type. */
export function isFrameType(value: number): value is FrameType {
  return known.has(value);
}
