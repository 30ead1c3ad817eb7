import type { Cluster } from '../runtime/cluster.js';
import type { EventQueue } from '../runtime/eventQueue.js';
import type { Service } from '../system/linkedSystem.js';
import { renderLogText, toLogText } from '../system/logText.js';
import type { LogText } from '../system/logText.js';
import type { Random } from '../../core/math/random.js';
import type { Telemetry } from './telemetry.js';

const SERVICE_LINES = [
  'refreshed {n} entries of the local cache',
  'health check ok',
  'connection pool: active={n} idle={n}',
  'exported {n} metrics to the collector',
  'configuration poll: no change',
  'lease renewed for {n} partitions',
];
const STORE_LINES = {
  database: ['checkpoint complete: wrote {n} buffers', 'automatic vacuum of table {word}: removed {n} rows'],
  cache: ['{n} changes in 300 seconds, saving', 'background saving terminated with success'],
  queue: ['rolled new log segment at offset {id}', 'deleted {n} expired segments'],
} as const;

/** Lines that pods log by themselves from time to time, without a trace. */
export function scheduleChatter(cluster: Cluster, queue: EventQueue, telemetry: Telemetry, random: Random): void {
  for (const service of cluster.system.services) {
    const lines = service.kind === 'service' ? SERVICE_LINES : STORE_LINES[service.kind];
    for (const line of random.shuffle(lines).slice(0, random.integer(1, 2))) {
      repeat(service, toLogText(line), random.logNormal(45, 0.6), cluster, queue, telemetry, random);
    }
  }
}

function repeat(
  service: Service,
  text: LogText,
  periodS: number,
  cluster: Cluster,
  queue: EventQueue,
  telemetry: Telemetry,
  random: Random,
): void {
  const sayAndRepeat = (): void => {
    for (const pod of cluster.pods(service)) {
      if (pod.accepts(queue.nowNs)) {
        telemetry.log({ pod, timeNs: queue.nowNs, level: 'info', text: renderLogText(text, random, 0), trace: undefined, spanId: '' });
      }
    }
    queue.afterMs(periodS * 1000 * random.uniform(0.9, 1.1), sayAndRepeat);
  };
  queue.afterMs(periodS * 1000 * random.next(), sayAndRepeat);
}
