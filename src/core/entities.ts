/**
 * Which service a record belongs to. Entity names are service names: replicas (pods, containers) are folded into their
 * service and keep their own name as `instance`.
 */
import type { EntityName } from './records.js';

/** What a record says about its origin; empty strings count as absent. Listed in the order in which they decide the service. */
export interface EntityHints {
  readonly serviceName?: string | undefined;
  /** Name of a Deployment, StatefulSet or DaemonSet. */
  readonly workload?: string | undefined;
  readonly pod?: string | undefined;
  readonly container?: string | undefined;
  readonly host?: string | undefined;
  /** Name of the file the record was read from, with or without folders. */
  readonly fileName?: string | undefined;
}

/** Names that say nothing about a service: OpenTelemetry SDK default and placeholders of exporters. */
const MEANINGLESS_NAME = /^(?:unknown_service(?::.*)?|unknown|none|null|undefined|n\/a|-)?$/i;

/** Kubernetes draws suffixes from this alphabet (apimachinery rand.SafeEncodeString): no vowels, no 0, 1, 3. */
const SAFE_SUFFIX = '[bcdfghjklmnpqrstvwxz2456789]{5}';
/** `name-<replica set hash>-<5>`: the hash is safe-encoded (or decimal in old clusters and jobs), so it holds a digit. */
const DEPLOYMENT_POD = new RegExp(`^(.+)-(?=[a-z]*\\d)[a-z0-9]{5,10}-(?:${SAFE_SUFFIX}|(?=[a-z]*\\d)[a-z0-9]{5})$`);
/** A hash with two digits or more is no word, so any suffix of five follows. */
const DEPLOYMENT_POD_ANY_SUFFIX = /^(.+)-(?=[a-z0-9]*\d[a-z0-9]*\d)[bcdfghjklmnpqrstvwxz0-9]{8,10}-[a-z0-9]{5}$/;
const STATEFUL_SET_POD = /^(.+[a-z]\d?)-\d{1,3}$/;
const DAEMON_SET_POD = new RegExp(`^(.+)-(?!https$)${SAFE_SUFFIX}$`);

/** Where some exporters put the machine before the pod: `node-6.cartservice-0`. */
const ON_NODE = /^(?:node|worker|host|vm)[-_]?\d+\.(?=[a-z])/i;

/** `ts-order-service-5b67c48447-mv5hb` → `ts-order-service`; a name without a replica suffix stays as it is. */
export function toServiceOfPod(name: string): string {
  const pod = name.replace(ON_NODE, '');
  for (const pattern of [DEPLOYMENT_POD, DEPLOYMENT_POD_ANY_SUFFIX, STATEFUL_SET_POD, DAEMON_SET_POD]) {
    const service = pattern.exec(pod)?.[1];
    if (service !== undefined) {
      return service;
    }
  }
  return pod;
}

/** In a container the host's name is the pod's (pino and bunyan log it); other hosts keep their name, digits and all. */
function toServiceOfHost(host: string): string {
  return DEPLOYMENT_POD.test(host) || DEPLOYMENT_POD_ANY_SUFFIX.test(host) ? toServiceOfPod(host) : host;
}

const FILE_EXTENSION = /\.(?:csv|tsv|jsonl?|ndjson|logs?|txt|out|err|gz|zst|\d{1,3}|\d{4}-\d{2}-\d{2})$/i;
const SIGNAL_SUFFIX = /[._-](?:metrics?|logs?|traces?|spans?|stdout|stderr)$/i;
const SIGNAL_NAME = /^(?:metrics?|logs?|traces?|spans?|stdout|stderr|data|output)$/i;

/** `a/cart-6f9c-x2x4z_metric.csv` → `cart-6f9c-x2x4z`: the name without folders, extensions and the signal's name. */
export function toStemOfFile(fileName: string): string {
  const base = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1);
  let stem = base;
  while (FILE_EXTENSION.test(stem) && stem.replace(FILE_EXTENSION, '') !== '') {
    stem = stem.replace(FILE_EXTENSION, '');
  }
  const bare = stem.replace(SIGNAL_SUFFIX, '');
  return bare === '' || SIGNAL_NAME.test(bare) ? stem : bare;
}

/** File names that every service uses: its folder tells more. */
const COMMON_NAME =
  /^(?:app|application|server|service|main|current|console|error|errors|access|std(?:out|err)|catalina|logs?|traces?|metrics?|output|data|\d+)$/i;
const COMMON_FOLDER = /^(?:|\.|logs?|traces?|metrics?|var|tmp|data|telemetry|[A-Za-z]:)$/i;

function toNameOfFile(fileName: string): string {
  const stem = toStemOfFile(fileName);
  const folder = fileName.split(/[\\/]/).at(-2) ?? '';
  return COMMON_NAME.test(stem) && !COMMON_FOLDER.test(folder) ? folder : stem;
}

/** @returns service and instance; `unknown` for both when there is no usable hint at all. */
export function resolveEntity(hints: EntityHints): EntityName {
  const serviceName = usable(hints.serviceName);
  const workload = usable(hints.workload);
  const pod = usable(hints.pod);
  const container = usable(hints.container);
  const host = usable(hints.host);
  const file = hints.fileName === undefined ? undefined : usable(toNameOfFile(hints.fileName));
  const instance = pod ?? container ?? host ?? serviceName ?? workload ?? file ?? 'unknown';
  const service =
    serviceName ??
    workload ??
    (pod === undefined ? undefined : toServiceOfPod(pod)) ??
    (container === undefined ? undefined : toServiceOfPod(container)) ??
    (host === undefined ? undefined : toServiceOfHost(host)) ??
    (file === undefined ? undefined : toServiceOfPod(file)) ??
    'unknown';
  return { service, instance };
}

function usable(name: string | undefined): string | undefined {
  const trimmed = name?.trim();
  return trimmed === undefined || MEANINGLESS_NAME.test(trimmed) ? undefined : trimmed;
}
