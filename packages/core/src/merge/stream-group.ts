/**
 * Consumer groups: which live, and what Redis must be told of them.
 *
 * A group lives when its position or an advance is newer than its end (XGROUP DESTROY). Its last ID is the higher of the
 * position and the advances newer than that. A delivery lives when it is newer than the end of its group and of its
 * consumer; every delivery comes with an advance, so its group lives too. A delivery whose entry is gone counts as none, also where
 * another one has been added since at its ID.
 */
import { type ByteString, toByteString } from '../bytes/byte-string.ts';
import {
  advanceCell,
  consumerEndCell,
  groupEndCell,
  idOf,
  lowestId,
  parseCell,
  positionCell,
  type StreamCell,
  type StreamValue,
} from '../commands/stream-cells.ts';
import { compareVersions, isNewer, type Version } from '../version/version.ts';
import { type Advances, highestAdvance } from './stream-position.ts';
import { type HeldStream, type StreamCellState, type StreamStep, slotOf } from './stream-step.ts';

/** What is remembered of a group. */
export interface HeldGroup {
  /** Whether anything says that it is there. */
  readonly exists: boolean;
  /** Whether anything of it is remembered besides its end. */
  readonly met: boolean;
  /** Its end, when that is remembered. */
  readonly end: Version | undefined;
  /** When its position was set, when that is remembered and lives. */
  readonly set: Version | undefined;
  /** As far as is remembered. */
  readonly lastId: ByteString;
  readonly read: ByteString;
}

type GroupCell = Exclude<StreamCell, { type: 'entry' | 'last' }>;

/** Reads a group. */
export function groupOf(held: HeldStream, group: ByteString): HeldGroup {
  const { cells, alive } = held;
  const end = cells.get(groupEndCell(group))?.version;
  const position = cells.get(positionCell(group));
  const written = position?.version;
  const set = written !== undefined && isNewer(written, end) && alive(written) ? written : undefined;
  const value = set === undefined ? undefined : (position?.value as StreamValue);
  const from = value === undefined ? undefined : idOf(value);
  const advances = (cells.get(advanceCell(group))?.value ?? []) as Advances;
  const advanced = highestAdvance(
    advances,
    (version) => isNewer(version, end) && isNewer(version, set) && alive(version),
  );
  const ahead = advanced !== undefined && (from === undefined || advanced > from);
  return {
    exists: set !== undefined || advanced !== undefined,
    met: (cells.get('G')?.value as ReadonlySet<ByteString> | undefined)?.has(group) === true,
    ...{ end, set },
    lastId: (ahead ? advanced : from) ?? lowestId,
    read: ahead || value?.[1] === undefined ? '-1' : toByteString(value[1]),
  };
}

/** What to do after a remote op on a cell of a group was merged. @param before - the group before that. */
export function groupSteps(
  held: HeldStream,
  cell: GroupCell,
  version: Version,
  value: StreamValue | null,
  before: HeldGroup | undefined,
): readonly StreamStep[] {
  const { group } = cell;
  const now = groupOf(held, group);
  // What came while nothing said that the group is there was not written.
  const made = before !== undefined && !before.exists && now.exists && (before.met || before.end !== undefined);
  switch (cell.type) {
    case 'position':
      if (!isAt(version, now.set)) return [];
      return [positionStep(group, now), ...(made ? memberSteps(held, group, undefined) : [])];
    case 'advance': {
      const id = value === null ? undefined : idOf(value);
      if (id === undefined || !isNewer(version, now.end) || !isNewer(version, now.set)) return [];
      return [{ does: 'advance', group, id }, ...(made ? memberSteps(held, group, undefined) : [])];
    }
    case 'groupEnd':
      if (!isAt(version, now.end)) return [];
      return [{ does: 'destroy', group }, ...(now.exists ? reviveSteps(held, group) : [])];
    case 'consumer':
      return lives(held, cell, version, value, now) ? [{ does: 'consumer', group, consumer: cell.consumer }] : [];
    case 'consumerEnd':
      if (!isAt(version, held.cells.get(consumerEndCell(group, cell.consumer))?.version)) return [];
      return [{ does: 'dropConsumer', group, consumer: cell.consumer }, ...memberSteps(held, group, cell.consumer)];
    case 'delivery': {
      const { id } = cell;
      if (!isAt(version, held.cells.get(`p${group}${id}`)?.version)) return [];
      if (value === null || !lives(held, cell, version, value, now)) return [{ does: 'acknowledge', group, id }];
      return [{ does: 'deliver', group, id, value }];
    }
  }
}

/** What makes Redis hold a cell of a group as it is remembered. */
export function restoreGroupCell(held: HeldStream, cell: GroupCell, known: StreamCellState): readonly StreamStep[] {
  const { group } = cell;
  const now = groupOf(held, group);
  const { version, value } = known;
  if (cell.type === 'groupEnd') return [{ does: 'destroy', group }, ...(now.exists ? reviveSteps(held, group) : [])];
  if (cell.type === 'position' || cell.type === 'advance') {
    if (!now.exists) return now.end === undefined ? [] : [{ does: 'destroy', group }];
    return now.set === undefined ? [{ does: 'advance', group, id: now.lastId }] : [positionStep(group, now)];
  }
  return version === undefined ? [] : groupSteps(held, cell, version, value as StreamValue | null, undefined);
}

/** A group that lives, with all that is remembered of it. */
export function reviveSteps(held: HeldStream, group: ByteString): readonly StreamStep[] {
  return [positionStep(group, groupOf(held, group)), ...memberSteps(held, group, undefined)];
}

function positionStep(group: ByteString, { lastId, read }: HeldGroup): StreamStep {
  return { does: 'position', group, id: lastId, read };
}

/** The consumers and deliveries of a group (or of one consumer) that live. */
function memberSteps(held: HeldStream, group: ByteString, consumer: ByteString | undefined): StreamStep[] {
  const now = groupOf(held, group);
  const steps: StreamStep[] = [];
  for (const [name, { version, value }] of held.cells) {
    const letter = name.charCodeAt(0);
    if ((letter !== consumerLetter && letter !== deliveryLetter) || value === null || version === undefined) continue;
    const cell = parseCell(name);
    if (cell === undefined || (cell.type !== 'consumer' && cell.type !== 'delivery') || cell.group !== group) continue;
    const whose = cell.type === 'consumer' ? cell.consumer : consumerOf(value as StreamValue);
    if ((consumer !== undefined && whose !== consumer) || !lives(held, cell, version, value as StreamValue, now))
      continue;
    if (cell.type === 'consumer') steps.push({ does: 'consumer', group, consumer: whose });
    else steps.push({ does: 'deliver', group, id: cell.id, value: value as StreamValue });
  }
  return steps;
}

const consumerLetter = 99;
const deliveryLetter = 112;

/** Whether a consumer or a delivery lives. */
function lives(
  held: HeldStream,
  cell: Extract<StreamCell, { type: 'consumer' | 'delivery' }>,
  version: Version,
  value: StreamValue | null,
  group: HeldGroup,
): boolean {
  if (value === null || !isNewer(version, group.end) || !held.alive(version)) return false;
  if (cell.type === 'delivery' && isOfAnother(held, cell.id, version)) return false;
  const consumer = cell.type === 'consumer' ? cell.consumer : consumerOf(value);
  return isNewer(version, held.cells.get(consumerEndCell(cell.group, consumer))?.version);
}

/** Whether what was delivered at an ID was another entry than what is there: that was added since. */
function isOfAnother(held: HeldStream, id: ByteString, version: Version): boolean {
  const adds = slotOf(held, id)?.adds.filter((add) => held.alive(add.version)) ?? [];
  return adds.length > 0 && adds.every((add) => isNewer(add.version, version));
}

function consumerOf(delivery: StreamValue): ByteString {
  return delivery[0] === undefined ? '' : toByteString(delivery[0]);
}

function isAt(version: Version, known: Version | undefined): boolean {
  return known !== undefined && compareVersions(version, known) === 0;
}
