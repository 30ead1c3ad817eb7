/** What a span's attributes call its callee → the name that records of that callee would carry as their service. */
import { resolveEntity, toServiceOfPod } from '../../../core/entities.js';

/** `service`: the callee's service name. `host`: an address that may be a name. `queue`: a topic or queue. */
export type PeerSource = 'service' | 'host' | 'queue';

const PORT = /:\d{1,5}$/;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
/** Names that spell an IP address: `ip-10-0-0-7.ec2.internal` (AWS), `10-0-0-7.shop.pod.cluster.local` (Kubernetes DNS of pods). */
const DASHED_IPV4 = /^(?:ip-)?\d{1,3}(?:-\d{1,3}){3}(?:\.|$)/i;
/** Short or full id of a container, Docker's default host name. */
const CONTAINER_ID = /^[0-9a-f]{12}(?:[0-9a-f]{52})?$/;
const OWN_HOST = /^(?:localhost|localhost\.localdomain|ip6-localhost|host\.docker\.internal)$/i;
const CLUSTER_NAME = /^(.+)\.svc(?:\.[a-z0-9-]+)*\.?$/i;
/** The second label of a public name: of `stripe.com` all is the name, of `mysql.prod` `prod` is a namespace. */
const PUBLIC_SUFFIX = /^(?:[a-z]{2}|com|org|net|edu|gov|info|biz|app|dev|cloud)$/i;

/**
 * An IP address is no name: it changes with every restart, and one per connection would flood the ranking. `server.address` is one
 * wherever the client knows no name (OpenTelemetry semantic conventions, "Server attributes").
 * @returns empty when the text names nobody
 */
export function toPeerName(text: string, source: PeerSource): string {
  const trimmed = text.trim();
  if (source === 'queue') {
    return trimmed;
  }
  const name = trimmed.replace(PORT, '');
  if (name === '' || IPV4.test(name) || name.includes(':') || DASHED_IPV4.test(name) || CONTAINER_ID.test(name) || OWN_HOST.test(name)) {
    return '';
  }
  const inCluster = CLUSTER_NAME.exec(name)?.[1];
  if (inCluster !== undefined) {
    return toNameInCluster(inCluster.split('.'));
  }
  if (source === 'service') {
    return known(resolveEntity({ serviceName: name }).service);
  }
  // A path is a Unix domain socket: the callee runs on this very host and has no name of its own.
  if (/[\s/\\]/.test(name)) {
    return '';
  }
  const labels = name.replace(/\.$/, '').split('.');
  return labels.length === 2 && !PUBLIC_SUFFIX.test(labels[1] ?? '')
    ? toNameInNamespace(labels)
    : known(resolveEntity({ host: labels.join('.') }).service);
}

/** Labels before `.svc`: service, namespace, and before them the pod of a headless service (Kubernetes, "DNS for Services and Pods"). */
function toNameInCluster(labels: readonly string[]): string {
  return known(toServiceOfPod(labels.at(-2) ?? labels.at(-1) ?? ''));
}

/** `mysql.prod` is service and namespace, `mysql-0.mysql` pod and headless service: the pod's service both times. */
function toNameInNamespace([first = '']: readonly string[]): string {
  return known(toServiceOfPod(first));
}

function known(service: string): string {
  return service === 'unknown' ? '' : service;
}
