/** Commands on consumer groups as a whole, and on their consumers. */
import type { Call, ModelCommand } from '../call.ts';
import { type ModelReply, ok, Refusal } from '../reply.ts';
import type { StreamGroup, StreamId, StreamValue } from '../values.ts';
import { parseInteger } from './numbers.ts';
import { newStream, openStream } from './stream-entries.ts';
import { inError, misused, newGroup } from './stream-groups.ts';
import { parseId, parseIdOrEnd } from './stream-ids.ts';

export const streamGroupCommands: readonly ModelCommand[] = [
  { name: 'XGROUP CREATE', arity: -5, write: true, run: (call, args) => create(call, args) },
  { name: 'XGROUP SETID', arity: -5, write: true, run: (call, args) => setId(call, args) },
  {
    name: 'XGROUP DESTROY',
    arity: 4,
    write: true,
    run: (call, [key, name]) => {
      if (!streamAt(call, key!).groups.delete(name!)) return 0;
      call.changed();
      return 1;
    },
  },
  {
    name: 'XGROUP CREATECONSUMER',
    arity: 5,
    write: true,
    run: (call, [key, name, consumer]) => {
      const { consumers } = groupOf(call, key!, name!);
      if (consumers.has(consumer!)) return 0;
      consumers.set(consumer!, { seen: call.now });
      call.changed();
      return 1;
    },
  },
  {
    name: 'XGROUP DELCONSUMER',
    arity: 5,
    write: true,
    run: (call, [key, name, consumer]) => {
      const { consumers, pending } = groupOf(call, key!, name!);
      if (!consumers.delete(consumer!)) return 0;
      const left = pending.filter((entry) => entry.consumer !== consumer);
      const removed = pending.length - left.length;
      pending.splice(0, pending.length, ...left);
      call.changed();
      return removed;
    },
  },
];

function create(call: Call, [key, name, id, ...options]: readonly string[]): ModelReply {
  const { read, makesStream } = parseOptions(call, options);
  const stream = call.read(key!, 'stream');
  if (stream === undefined && !makesStream) throw new Refusal(noStream);
  if (options.length > 3) throw misused(call);
  const last = startOf(id!, stream ?? newStream());
  const { groups } = openStream(call, key!);
  if (groups.has(name!)) throw new Refusal('BUSYGROUP Consumer Group name already exists');
  groups.set(name!, newGroup(last, read));
  call.changed();
  return ok;
}

function setId(call: Call, [key, name, id, ...options]: readonly string[]): ModelReply {
  const { read } = parseOptions(call, options);
  const group = groupOf(call, key!, name!);
  if (options.length > 2) throw misused(call);
  const stream = call.read(key!, 'stream')!;
  group.last = id === '$' ? stream.last : parseIdOrEnd(id!);
  group.read = read;
  call.changed();
  return ok;
}

const noStream =
  'ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.';

interface Options {
  readonly read: bigint | undefined;
  readonly makesStream: boolean;
}

function parseOptions(call: Call, options: readonly string[]): Options {
  const isCreate = call.given[1]!.toUpperCase() === 'CREATE';
  let read: bigint | undefined;
  let makesStream = false;
  for (let at = 0; at < options.length; at++) {
    const option = options[at]!.toUpperCase();
    if (isCreate && option === 'MKSTREAM') makesStream = true;
    else if (option === 'ENTRIESREAD' && at + 1 < options.length) {
      const count = parseInteger(options[++at]!);
      if (count < -1n) throw new Refusal('ERR value for ENTRIESREAD must be positive or -1');
      read = count < 0n ? undefined : count;
    } else throw misused(call);
  }
  return { read, makesStream };
}

function startOf(id: string, stream: StreamValue): StreamId {
  return id === '$' ? stream.last : parseId(id);
}

/** @throws Refusal */
function streamAt(call: Call, key: string): StreamValue {
  const stream = call.read(key, 'stream');
  if (stream === undefined) throw new Refusal(noStream);
  return stream;
}

/** @throws Refusal */
function groupOf(call: Call, key: string, name: string): StreamGroup {
  const group = streamAt(call, key).groups.get(name);
  if (group === undefined)
    throw new Refusal(`NOGROUP No such consumer group '${inError(name)}' for key name '${inError(key)}'`);
  return group;
}
