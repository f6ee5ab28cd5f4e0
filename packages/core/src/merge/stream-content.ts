/**
 * All that a stream holds: as cells, for a `state` to be merged, and as steps, to be written where there is nothing.
 *
 * Deliveries carry the position of their group (every one comes with an advance); consumers without deliveries are cells
 * of their own.
 */
import { type ByteString, fromByteString } from '../bytes/byte-string.ts';
import {
  consumerCell,
  deliveryCell,
  entryCell,
  idValue,
  lastCell,
  positionCell,
  positionValue,
  type StreamValue,
} from '../commands/stream-cells.ts';
import type { KeyContent, StreamDelivery } from '../entry/entry.ts';
import type { StreamStep } from './stream-step.ts';

type StreamContent = Extract<KeyContent, { kind: 'stream' }>;

const deliveryValue = ({ consumer, timeMs, count }: StreamDelivery): StreamValue =>
  [consumer, String(timeMs), String(count)].map(fromByteString);

/** The cells of a stream, by name. */
export function contentCells(content: StreamContent): readonly (readonly [cell: ByteString, value: StreamValue])[] {
  const cells: [ByteString, StreamValue][] = content.entries.map(([id, fields]) => [entryCell(id), fields]);
  cells.push([lastCell, idValue(content.lastId)]);
  for (const { name, lastId, entriesRead, consumers, pending } of content.groups) {
    cells.push([positionCell(name), positionValue(lastId, String(entriesRead))]);
    for (const consumer of consumers) cells.push([consumerCell(name, consumer), []]);
    for (const delivery of pending) cells.push([deliveryCell(name, delivery.id), deliveryValue(delivery)]);
  }
  return cells;
}

/** The steps that make a stream where there is nothing. */
export function contentSteps(content: StreamContent): readonly StreamStep[] {
  const steps: StreamStep[] = [{ does: 'exist' }];
  for (const [id, value] of content.entries) steps.push({ does: 'add', id, value });
  steps.push({ does: 'raise', id: content.lastId });
  for (const { name: group, lastId, entriesRead, consumers, pending } of content.groups) {
    steps.push({ does: 'position', group, id: lastId, read: String(entriesRead) });
    for (const consumer of consumers) steps.push({ does: 'consumer', group, consumer });
    for (const delivery of pending)
      steps.push({ does: 'deliver', group, id: delivery.id, value: deliveryValue(delivery) });
  }
  return steps;
}
