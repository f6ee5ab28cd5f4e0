/** Steps on a stream as operations of the apply script; see `stream-script.ts`. */
import { type ByteString, toByteString } from '../bytes/byte-string.ts';
import { idText } from '../commands/stream-cells.ts';
import type { StreamStep } from '../merge/stream-step.ts';

type Arguments = (string | Uint8Array)[];

/** Adds a step's operation to a call's arguments. */
export function streamStep(args: Arguments, key: ByteString, step: StreamStep): void {
  switch (step.does) {
    case 'exist':
      args.push('xo', key);
      return;
    case 'add':
      args.push('xM', key, idText(step.id), String(step.value.length));
      for (const part of step.value) args.push(part);
      return;
    case 'remove':
      args.push('xm', key, idText(step.id));
      return;
    case 'trim':
      args.push('xu', key, idText(step.before), String(step.spared.length), ...step.spared.map(idText));
      return;
    case 'raise':
      args.push('xl', key, idText(step.id));
      return;
    case 'position':
      args.push('xG', key, step.group, idText(step.id), step.read);
      return;
    case 'advance':
      args.push('xV', key, step.group, idText(step.id));
      return;
    case 'destroy':
      args.push('xg', key, step.group);
      return;
    case 'consumer':
      args.push('xc', key, step.group, step.consumer);
      return;
    case 'dropConsumer':
      args.push('xk', key, step.group, step.consumer);
      return;
    case 'deliver': {
      const [consumer, time, count] = step.value;
      args.push('xd', key, step.group, idText(step.id), text(consumer), text(time), text(count));
      return;
    }
    case 'acknowledge':
      args.push('xp', key, step.group, idText(step.id));
  }
}

/** Whether a step can need memory. */
export function stepGrows({ does }: StreamStep): boolean {
  return !(
    does === 'remove' ||
    does === 'trim' ||
    does === 'destroy' ||
    does === 'dropConsumer' ||
    does === 'acknowledge'
  );
}

function text(value: Uint8Array | undefined): ByteString {
  return value === undefined ? '' : toByteString(value);
}
