/**
 * A status for a person: what matters first, problems before figures.
 */
import type { Alarm, OriginStatus, PeerStatus, ShardStatus } from '@entwine/engine';
import { secondsText, sizeText } from '../units.ts';

/** Readable text, newline at the end. `now`: Unix ms. A short status (log still opening) shows its first lines only. */
export function renderStatus(status: ShardStatus, now: number): string {
  const lines = [`${status.site}/${status.shard}  ${status.state}${status.reason === '' ? '' : `: ${status.reason}`}`];
  if (status.origin === undefined) return `${lines[0]}\n`;
  lines.push(...alarmLines(status.alarms, now));
  if (status.needsVerify) lines.push(`! needs verify: ${untranslated(status)}`);
  lines.push(
    '',
    row('origin', status.origin),
    row('reading', status.endpoint === '' ? 'not attached' : `${status.endpoint} (${status.role}, ${status.attached})`),
    row('position', positionText(status)),
    row('own log', `${status.seq.flushed} flushed of ${status.seq.captured} captured, kept from ${status.seq.first}`),
    row('captured', `${status.capturedUnits} units, ${status.capturedOps} ops; ${status.heartbeats} heartbeats`),
    row('waiting', waitingText(status)),
    row('log', `${sizeText(status.log.bytes)}, oldest ${secondsText(status.log.oldestSeconds)}`),
    row('window', windowText(status, now)),
    ...status.out.map(({ site, inForce, waitsFor }) =>
      row('out', `${site}, ${inForce ? 'in force' : `not in force: ${waitsFor.join('; ')}`}`),
    ),
    row('corrections', countsText(status.corrections)),
    row('conflicts', countsText(status.conflicts)),
    row('on record', auditText(status)),
  );
  if (Object.keys(status.policies).length + status.pending.undone > 0)
    lines.push(row('policies', policiesText(status)));
  if (status.peers.length > 0) lines.push('', 'Peers', ...status.peers.flatMap(peerLines));
  if (status.origins.length > 0) lines.push('', 'Received', ...status.origins.map(originLine));
  return `${lines.join('\n')}\n`;
}

function alarmLines(alarms: readonly Alarm[], now: number): string[] {
  return alarms
    .filter((alarm) => alarm.active)
    .map((alarm) => {
      const age = secondsText(Math.max(0, (now - alarm.since) / 1000));
      return `! ${alarm.name}: ${alarm.message} (${alarm.count} times, last ${age} ago)`;
    });
}

function peerLines(peer: PeerStatus): string[] {
  const head = `  ${peer.site} (priority ${peer.priority})  acknowledged ${peer.acknowledged}`;
  const links = peer.links.map((link) => {
    const detail = link.detail === '' ? '' : `  ${link.detail}`;
    return `    ${link.direction.padEnd(3)} ${link.state}${detail}`;
  });
  return [head, ...links];
}

function originLine(one: OriginStatus): string {
  const applied = `${one.appliedEntries} entries, ${one.appliedOps} ops applied`;
  const place = `received ${one.received}, settled ${one.settled}`;
  const times = `lag ${secondsText(one.lagSeconds)}, clock ${one.skewSeconds >= 0 ? '+' : ''}${one.skewSeconds.toFixed(3)} s`;
  const waits = one.quarantined ? '; quarantined: its clock is too far ahead' : '';
  return `  ${one.origin}  ${place}; ${applied}; ${one.deduplicated} duplicates; ${times}${waits}`;
}

function positionText(status: ShardStatus): string {
  const position = status.position;
  return position === null ? 'none yet' : `${position.replicationId}:${position.offset} (db ${position.db})`;
}

function waitingText(status: ShardStatus): string {
  const { units, inbox, inFlight } = status.pending;
  return `${units} units to commit, ${inbox} entries to settle, ${inFlight} batches in flight`;
}

function windowText({ window }: ShardStatus, now: number): string {
  const { keys, bytes, spilled, heldBy } = window;
  const beside = spilled.keys === 0 ? '' : `, and ${spilled.keys} on disk, ${sizeText(spilled.bytes)}`;
  const size = `${keys} keys remembered, about ${sizeText(bytes)}${beside}`;
  if (heldBy === null) return size;
  const ago =
    heldBy.sinceUnixMs === 0 ? 'not heard of yet' : `for ${secondsText(Math.max(0, now - heldBy.sinceUnixMs) / 1000)}`;
  return `${size}; held back by ${heldBy.site}, ${ago}`;
}

function auditText({ audit }: ShardStatus): string {
  return `${audit.kept} conflicts, ${audit.recorded} of this run; ${audit.unrecorded} not recorded`;
}

function policiesText({ policies, pending }: ShardStatus): string {
  return `${countsText(policies)}${pending.undone === 0 ? '' : `; ${pending.undone} keys to be put right`}`;
}

function untranslated(status: ShardStatus): string {
  const text = countsText(status.untranslated);
  return text === 'none' ? 'see the log' : `not translated: ${text}`;
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(11)}  ${text}`;
}
