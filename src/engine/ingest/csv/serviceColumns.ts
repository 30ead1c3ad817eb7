/**
 * Tables whose columns are metrics of many services: `cartservice_cpu`, `front-end_latency-90`, as published with benchmarks of root causes
 * (RCAEval, PyRCA, Sock Shop). Without their names everything would be measured of one entity, named as the file.
 */
import { toMetricFamily } from '../../../core/features/metricFamily.js';
import { getOrAdd } from '../../../core/math/getOrAdd.js';

export interface ServiceColumn {
  readonly service: string;
  readonly metric: string;
}

const SEPARATORS = ['_', '/', ':', '|', '.'];
/** Parts of one machine and words that statistics begin with: `eth0_rx_bytes`, `user_cpu`, `p99_latency`. */
const NO_SERVICE =
  /^(?:(?:eth|en[ops]|wlan|nvme|dm|cpu|core|gpu|worker|shard|partition|broker|thread|node|host|pod|container|machine|instance)(?:-?\d[-\w]*)?|lo|x?[sv]d[a-z]\d*|user|system|kernel|idle|total|used|free|avg|average|mean|min|max|sum|count|p\d+|https?|grpc|rpc|tcp|udp|jvm|process|os|client|server|source|destination|inbound|outbound|value)$/i;
const LEAST_SERVICES = 3;
/** Metrics that at least so many services share, and that a name tells what they are about. */
const LEAST_SHARED = 2;
/** Of the columns that have to fit, and of the names that look like services: some service is called `queue-master`. */
const LEAST_FIT = 0.8;
const LEAST_NAMES = 0.7;

/** @param columns of numbers @returns by column; empty where the names are no such grid */
export function findServiceColumns(names: readonly string[], columns: readonly number[]): ReadonlyMap<number, ServiceColumn> {
  for (const separator of SEPARATORS) {
    const found = splitAt(separator, names, columns);
    if (isGrid(found, columns.length)) {
      return found;
    }
  }
  return new Map();
}

function splitAt(separator: string, names: readonly string[], columns: readonly number[]): Map<number, ServiceColumn> {
  const found = new Map<number, ServiceColumn>();
  for (const column of columns) {
    const name = (names[column] ?? '').trim();
    const at = name.indexOf(separator);
    if (at > 0 && at < name.length - 1 && /^[a-z]/i.test(name)) {
      found.set(column, { service: name.slice(0, at), metric: name.slice(at + 1) });
    }
  }
  return found;
}

function isGrid(found: ReadonlyMap<number, ServiceColumn>, columns: number): boolean {
  const servicesOf = new Map<string, Set<string>>();
  for (const { service, metric } of found.values()) {
    getOrAdd(servicesOf, metric, () => new Set<string>()).add(service);
  }
  const shared = [...servicesOf].filter(
    ([metric, services]) => services.size >= LEAST_SERVICES && toMetricFamily(metric) !== 'metric-other',
  );
  const services = new Set(shared.flatMap(([, sharing]) => [...sharing]));
  const fitting = [...found.values()].filter(({ service }) => services.has(service)).length;
  const plausible = [...services].filter((name) => !NO_SERVICE.test(name) && toMetricFamily(name) === 'metric-other').length;
  return shared.length >= LEAST_SHARED && fitting >= LEAST_FIT * columns && plausible >= LEAST_NAMES * services.size;
}
