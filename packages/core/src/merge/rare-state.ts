/**
 * What is seldom remembered of a key: most keys are written to, and forgotten, and have nothing of it. So all of it is one object,
 * made when the first of it is there; `KeyState` shows it as its own.
 */
import type { Covers } from '../entry/entry.ts';
import type { Time, Version } from '../version/version.ts';
import type { Chain, End, ExpiryRegister, Layer, OwnAdd, RangeRemoval } from './key-state.ts';

/** What there seldom is. */
class RareParts {
  rootLostTo: readonly number[] | undefined = undefined;
  rootCovers: Covers | undefined = undefined;
  olderExpiries: readonly ExpiryRegister[] | undefined = undefined;
  ends: readonly End[] | undefined = undefined;
  layers: Map<string, Layer> | undefined = undefined;
  estimated: boolean = false;
  mixedLayers: boolean = false;
  ranges: readonly RangeRemoval[] | undefined = undefined;
  chain: Chain | undefined = undefined;
  adds: OwnAdd[] | undefined = undefined;
  mayReturn: boolean = false;
  nextReturn: number = 0;
  wipedCovers: Covers | undefined = undefined;
  wipedBefore: readonly number[] | undefined = undefined;
  takenBy: Version | undefined = undefined;
  takenIn: number = 0;
  missed: Map<number, Time> | undefined = undefined;
  asked: 0 | 1 | 2 = 0;
  unsaid: boolean = false;
  shrunk: boolean = false;
  gone: boolean = false;
  movedLeft: number = 0;
  movedRight: number = 0;
  movesTaken: boolean = false;
  partAsks: number = 0;
  wanted: Version | undefined = undefined;
}

/** Of the keys that have nothing of it. Never written to. */
const none = new RareParts();

/** The part of a key's state that most keys have nothing of. */
export class RareState {
  /** All of it; shared by the keys that have nothing of it. */
  rare: RareParts = none;

  /** Whether there is nothing of it. */
  get isCommon(): boolean {
    return this.rare === none;
  }

  #made(): RareParts {
    if (this.rare === none) this.rare = new RareParts();
    return this.rare;
  }

  /** Where the root is a deletion alone: the sites whose newer writes it has been recorded as lost to (see `audit`). */
  get rootLostTo(): readonly number[] | undefined {
    return this.rare.rootLostTo;
  }

  set rootLostTo(value: readonly number[] | undefined) {
    if (value !== this.rare.rootLostTo) this.#made().rootLostTo = value;
  }

  /** What the root includes of others, when it is a state. */
  get rootCovers(): Covers | undefined {
    return this.rare.rootCovers;
  }

  set rootCovers(value: Covers | undefined) {
    if (value !== this.rare.rootCovers) this.#made().rootCovers = value;
  }

  /** Of other sites, the newest register of each: where an end has settled the newest of all, that counts which it had not seen. */
  get olderExpiries(): readonly ExpiryRegister[] | undefined {
    return this.rare.olderExpiries;
  }

  set olderExpiries(value: readonly ExpiryRegister[] | undefined) {
    if (value !== this.rare.olderExpiries) this.#made().olderExpiries = value;
  }

  /** See `ends.ts`. */
  get ends(): readonly End[] | undefined {
    return this.rare.ends;
  }

  set ends(value: readonly End[] | undefined) {
    if (value !== this.rare.ends) this.#made().ends = value;
  }

  /** By `layerId`. */
  get layers(): Map<string, Layer> | undefined {
    return this.rare.layers;
  }

  set layers(value: Map<string, Layer> | undefined) {
    if (value !== this.rare.layers) this.#made().layers = value;
  }

  /** Whether PFCOUNT has left its estimate in the sketch, which only this site's server holds. */
  get estimated(): boolean {
    return this.rare.estimated;
  }

  set estimated(value: boolean) {
    if (value !== this.rare.estimated) this.#made().estimated = value;
  }

  /** Whether there may be both bits and sketch elements among them. */
  get mixedLayers(): boolean {
    return this.rare.mixedLayers;
  }

  set mixedLayers(value: boolean) {
    if (value !== this.rare.mixedLayers) this.#made().mixedLayers = value;
  }

  /** Sorted-set members removed by what they held. */
  get ranges(): readonly RangeRemoval[] | undefined {
    return this.rare.ranges;
  }

  set ranges(value: readonly RangeRemoval[] | undefined) {
    if (value !== this.rare.ranges) this.#made().ranges = value;
  }

  /** The last of the commands that were run one upon the other. */
  get chain(): Chain | undefined {
    return this.rare.chain;
  }

  set chain(value: Chain | undefined) {
    if (value !== this.rare.chain) this.#made().chain = value;
  }

  /** What guarded commands of ours have added, oldest first. */
  get adds(): OwnAdd[] | undefined {
    return this.rare.adds;
  }

  set adds(value: OwnAdd[] | undefined) {
    if (value !== this.rare.adds) this.#made().adds = value;
  }

  /** Whether any of them may be returning; see `isReturning`. */
  get mayReturn(): boolean {
    return this.rare.mayReturn;
  }

  set mayReturn(value: boolean) {
    if (value !== this.rare.mayReturn) this.#made().mayReturn = value;
  }

  /** Where among them the next that returns may stand: they come back in order. */
  get nextReturn(): number {
    return this.rare.nextReturn;
  }

  set nextReturn(value: number) {
    if (value !== this.rare.nextReturn) this.#made().nextReturn = value;
  }

  /** What the op of `wipedBy` includes (undefined: everything older). */
  get wipedCovers(): Covers | undefined {
    return this.rare.wipedCovers;
  }

  set wipedCovers(value: Covers | undefined) {
    if (value !== this.rare.wipedCovers) this.#made().wipedCovers = value;
  }

  /** Calls before that of `wipedBy`, not back either, that make the key anew. */
  get wipedBefore(): readonly number[] | undefined {
    return this.rare.wipedBefore;
  }

  set wipedBefore(value: readonly number[] | undefined) {
    if (value !== this.rare.wipedBefore) this.#made().wipedBefore = value;
  }

  /** The first remote command that takes elements away and has not come back. */
  get takenBy(): Version | undefined {
    return this.rare.takenBy;
  }

  set takenBy(value: Version | undefined) {
    if (value !== this.rare.takenBy) this.#made().takenBy = value;
  }

  /** The call with the last such command. */
  get takenIn(): number {
    return this.rare.takenIn;
  }

  set takenIn(value: number) {
    if (value !== this.rare.takenIn) this.#made().takenIn = value;
  }

  /** By site priority: the time above which its guarded commands are not part of what the key holds. */
  get missed(): Map<number, Time> | undefined {
    return this.rare.missed;
  }

  set missed(value: Map<number, Time> | undefined) {
    if (value !== this.rare.missed) this.#made().missed = value;
  }

  /** Whether it is to be read behind a fence: 1 as it is, 2 because something overwrote it with what is not known. */
  get asked(): 0 | 1 | 2 {
    return this.rare.asked;
  }

  set asked(value: 0 | 1 | 2) {
    if (value !== this.rare.asked) this.#made().asked = value;
  }

  /** Whether what is to be read may hold writes of this site that are told by that alone. */
  get unsaid(): boolean {
    return this.rare.unsaid;
  }

  set unsaid(value: boolean) {
    if (value !== this.rare.unsaid) this.#made().unsaid = value;
  }

  /** Whether a local removal may have emptied it, and so taken away the expiry that is remembered. */
  get shrunk(): boolean {
    return this.rare.shrunk;
  }

  set shrunk(value: boolean) {
    if (value !== this.rare.shrunk) this.#made().shrunk = value;
  }

  /** Whether the stream has shown that Redis deleted it, and nothing written to it since. */
  get gone(): boolean {
    return this.rare.gone;
  }

  set gone(value: boolean) {
    if (value !== this.rare.gone) this.#made().gone = value;
  }

  /** Elements moved to the left end by local commands since the key was last read: which, its content tells. */
  get movedLeft(): number {
    return this.rare.movedLeft;
  }

  set movedLeft(value: number) {
    if (value !== this.rare.movedLeft) this.#made().movedLeft = value;
  }

  /** The same at the right end. */
  get movedRight(): number {
    return this.rare.movedRight;
  }

  set movedRight(value: number) {
    if (value !== this.rare.movedRight) this.#made().movedRight = value;
  }

  /** Whether a call has replaced the list since, so that its ends are not what was moved. */
  get movesTaken(): boolean {
    return this.rare.movesTaken;
  }

  set movesTaken(value: boolean) {
    if (value !== this.rare.movesTaken) this.#made().movesTaken = value;
  }

  /** Asks about parts of it (moved elements, scores) that have not been answered. */
  get partAsks(): number {
    return this.rare.partAsks;
  }

  set partAsks(value: number) {
    if (value !== this.rare.partAsks) this.#made().partAsks = value;
  }

  /** The version whose state has been asked for and has not come. */
  get wanted(): Version | undefined {
    return this.rare.wanted;
  }

  set wanted(value: Version | undefined) {
    if (value !== this.rare.wanted) this.#made().wanted = value;
  }
}
