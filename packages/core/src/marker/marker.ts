/**
 * Markers: what the local Redis itself says about which entries it holds.
 *
 * One hash for a slot tag, `entwine:{tag}`. A field for each origin whose entries were applied, and one for ourselves
 * (`own`). Every value ends in a keyed digest over the site whose Redis it is in, the field and the rest of the value; one
 * that does not verify is somebody else's write. Keys under the reserved prefix are never replicated.
 *
 * Values: `p1:seq:time:digest` for a peer's origin (highest sequence number and version time applied);
 * `o1:seq:time:write:correction:instance:origin:digest` for ourselves (last own sequence number committed, clock, number
 * of this write, last correction made, which process wrote it, under which origin).
 */
import type { ByteString } from '../bytes/byte-string.ts';
import type { Origin } from '../entry/entry.ts';
import type { Time } from '../version/version.ts';

/** Keys that begin like this belong to Entwine, in every database. */
export const reservedPrefix = 'entwine:{';
/** The marker of a standalone server, in database 0. */
export const standaloneMarkerKey: ByteString = 'entwine:{0}';
/** The field about ourselves. No origin is called so: origins contain slashes. */
export const ownField = 'own';

/** Signatures that are remembered: two for each call on its way, and as many again; not of what is longer than any of ours. */
const rememberedSignatures = 64;
const rememberedLength = 1024;

/** Keyed digest of a text: short, printable, without `:`. */
export type Digest = (text: string) => string;

/** What a peer's field says. */
export interface PeerMarker {
  readonly type: 'peer';
  readonly origin: Origin;
  readonly seq: number;
  readonly time: Time;
}

/** What our own field says. */
export interface OwnMarker {
  readonly type: 'own';
  readonly origin: Origin;
  readonly seq: number;
  readonly time: Time;
  /** Counts the writes of this field; never repeats within an origin. */
  readonly write: number;
  /** Number of the last correction that was written. */
  readonly correction: number;
  /** Random name of the process that wrote it. */
  readonly instance: string;
}

/** Writes and reads the marker fields of one site's Redis. */
export class MarkerCodec {
  readonly #scope: string;
  readonly #digest: Digest;
  /** What was signed last: calls come back by the stream soon after they were made, and a digest costs microseconds. */
  readonly #signatures = new Map<string, string>();

  /** @param scope - `site/shard` whose Redis the marker is in. */
  constructor(scope: string, digest: Digest) {
    this.#scope = scope;
    this.#digest = digest;
  }

  peer(marker: Omit<PeerMarker, 'type'>): string {
    return this.#signed(marker.origin, `p1:${marker.seq}:${marker.time}`);
  }

  own(marker: Omit<OwnMarker, 'type'>): string {
    return this.#signed(
      ownField,
      `o1:${marker.seq}:${marker.time}:${marker.write}:${marker.correction}:${marker.instance}:${marker.origin}`,
    );
  }

  /** What a field says; undefined when it is not ours (forged, or from another site's data). */
  read(field: string, value: string): PeerMarker | OwnMarker | undefined {
    const end = value.lastIndexOf(':');
    if (end < 0 || this.#signed(field, value.slice(0, end)) !== value) return undefined;
    const parts = value.slice(0, end).split(':');
    const [version, seq, time] = [parts[0], Number(parts[1]), Number(parts[2])];
    if (version === 'p1' && field !== ownField) return { type: 'peer', origin: field, seq, time };
    if (version !== 'o1' || field !== ownField || parts.length !== 7) return undefined;
    const [write, correction] = [Number(parts[3]), Number(parts[4])];
    return { type: 'own', seq, time, write, correction, instance: parts[5]!, origin: parts[6]! };
  }

  #signed(field: string, text: string): string {
    const message = `entwine marker\n${this.#scope}\n${field}\n${text}`;
    let digest = this.#signatures.get(message);
    if (digest === undefined) {
      digest = this.#digest(message);
      if (message.length <= rememberedLength) this.#signatures.set(message, digest);
      if (this.#signatures.size > rememberedSignatures) this.#signatures.delete(this.#signatures.keys().next().value!);
    }
    return `${text}:${digest}`;
  }
}
