/** Every scenario by name: the one table that `npm run prove` and `npm test` run. */
import type { Scenario } from '../support/scenario.ts';
import { audit } from './audit.ts';
import { clockDrift } from './clock-drift.ts';
import { demo } from './demo.ts';
import { differential } from './differential.ts';
import { expiryRaces } from './expiry-races.ts';
import { hardCases } from './hard-cases.ts';
import { hugeValues } from './huge-values.ts';
import { killReplicator } from './kill-replicator.ts';
import { lateDuplicate } from './late-duplicate.ts';
import { longAbsence } from './long-absence.ts';
import { mesh3 } from './mesh-3.ts';
import { oneMillion } from './one-million.ts';
import { peerAway } from './peer-away.ts';
import { peerOut } from './peer-out.ts';
import { policies } from './policies.ts';
import { race } from './race.ts';
import { redisBenchmark } from './redis-benchmark.ts';
import { stories } from './stories.ts';
import { twoReplicators } from './two-replicators.ts';

export const scenarios: readonly Scenario[] = [
  demo,
  killReplicator,
  oneMillion,
  mesh3,
  lateDuplicate,
  twoReplicators,
  race,
  policies,
  hardCases,
  stories,
  redisBenchmark,
  expiryRaces,
  differential,
  hugeValues,
  audit,
  clockDrift,
  peerAway,
  longAbsence,
  peerOut,
];
