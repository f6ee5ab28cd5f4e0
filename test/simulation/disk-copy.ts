/** A copy of what a log holds on its disk, as a folder would be copied. */
import { MemoryLogDisk } from '@entwine/testkit';

export function copyOfDisk(disk: MemoryLogDisk): MemoryLogDisk {
  const copy = new MemoryLogDisk();
  for (const [stream, { first, last, records }] of disk.streams)
    copy.streams.set(stream, { first, last, records: [...records] });
  for (const [key, value] of disk.facts) copy.facts.set(key, value);
  return copy;
}
