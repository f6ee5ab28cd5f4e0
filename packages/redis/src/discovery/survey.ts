/**
 * Asks all nodes of a site what they are, beginning at the seeds and following what they announce.
 *
 * Rules: every address is asked once, all of a round at the same time; an announced node is asked with the credentials
 * of the node that announced it; a node that answers under two addresses counts once (by run id), the configured address
 * wins. An announced address that cannot be reached is no error. It decides nothing: see `choose.ts`.
 */
import { Connection, type ConnectionOptions } from '../connection/connection.ts';
import { endpointName, type RedisEndpoint } from '../redis-endpoint.ts';
import { RedisError } from '../redis-error.ts';
import { isUsable, type NodeInfo, parseInfo } from './parse-info.ts';

/** A node that answered. */
export interface SurveyedNode {
  readonly endpoint: RedisEndpoint;
  readonly info: NodeInfo;
}

/** What a survey found. */
export interface Survey {
  readonly nodes: readonly SurveyedNode[];
  /** Why a node did not answer, in the order asked: the seeds first. */
  readonly failures: readonly { readonly endpoint: RedisEndpoint; readonly error: RedisError }[];
}

/** A site has one master and its replicas; more addresses than this are not followed. */
const maxAddresses = 64;

/** Surveys the nodes reachable from `seeds`. */
export async function survey(seeds: readonly RedisEndpoint[], options: ConnectionOptions): Promise<Survey> {
  const nodes = new Map<string, SurveyedNode>();
  const failures: { endpoint: RedisEndpoint; error: RedisError }[] = [];
  const asked = new Set<string>();
  let round = unasked(seeds, asked);
  while (round.length > 0) {
    const found: SurveyedNode[] = [];
    const results = await Promise.all(round.map((endpoint) => askNode(endpoint, options)));
    for (const [i, result] of results.entries()) {
      const endpoint = round[i]!;
      if (result instanceof RedisError) failures.push({ endpoint, error: result });
      else if (!nodes.has(result.runId)) {
        const node = { endpoint, info: result };
        nodes.set(result.runId, node);
        found.push(node);
      }
    }
    round = unasked(found.flatMap(announcedBy), asked);
  }
  return { nodes: [...nodes.values()], failures };
}

/** Asks one node; a failure is a value. */
async function askNode(endpoint: RedisEndpoint, options: ConnectionOptions): Promise<NodeInfo | RedisError> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.open(endpoint, options);
    const info = await connection.ask('INFO');
    const parsed = typeof info === 'string' ? parseInfo(info) : undefined;
    if (parsed?.runId) return parsed;
    return new RedisError(
      'not-redis',
      `${endpointName(endpoint)} gives no INFO of a Redis server; check host and port`,
    );
  } catch (error) {
    if (error instanceof RedisError) return error;
    throw error;
  } finally {
    connection?.close();
  }
}

function announcedBy(node: SurveyedNode): RedisEndpoint[] {
  const addresses = node.info.master ? [node.info.master, ...node.info.replicas] : node.info.replicas;
  return addresses.filter(isUsable).map(({ host, port }) => ({ ...node.endpoint, host, port }));
}

function unasked(endpoints: readonly RedisEndpoint[], asked: Set<string>): RedisEndpoint[] {
  return endpoints.filter((endpoint) => {
    const name = endpointName(endpoint);
    if (asked.has(name) || asked.size >= maxAddresses) return false;
    asked.add(name);
    return true;
  });
}
