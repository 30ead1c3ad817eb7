import type { Cluster } from './cluster.js';
import type { EventQueue } from './eventQueue.js';
import type { Random } from '../../core/math/random.js';
import type { Telemetry } from '../telemetry/telemetry.js';

/** Above this share of the limit collections get long, above the second the process dies. */
const PRESSURE_SHARE = 0.78;
const DEATH_SHARE = 0.98;
const RESTART_MS = 8000;

/** What full memory does to pods, once a second: long collections, then an out-of-memory kill and a restart. */
export function applyMemoryPressure(cluster: Cluster, queue: EventQueue, telemetry: Telemetry, random: Random): void {
  const { nowNs } = queue;
  for (const pod of cluster.allPods()) {
    const share = pod.memoryMb() / pod.size.memoryMb;
    if (share < PRESSURE_SHARE || !pod.accepts(nowNs)) {
      continue;
    }
    if (share >= DEATH_SHARE) {
      const message = 'process exceeded its memory limit';
      const exception = { type: 'OutOfMemoryError', message, operation: 'allocate' };
      telemetry.log({ pod, timeNs: nowNs, level: 'error', text: `Fatal: ${message}`, trace: undefined, spanId: '', exception });
      cluster.restart(pod, RESTART_MS);
      continue;
    }
    const excess = (share - PRESSURE_SHARE) / (DEATH_SHARE - PRESSURE_SHARE);
    if (random.chance(0.1 + 0.6 * excess)) {
      const pauseMs = random.logNormal(60 + 500 * excess, 0.4);
      pod.pause(nowNs, pauseMs);
      if (random.chance(0.25)) {
        const text = `Garbage collection took ${pauseMs.toFixed(0)} ms, heap ${(share * 100).toFixed(0)} % after collection`;
        telemetry.log({ pod, timeNs: nowNs, level: 'warn', text, trace: undefined, spanId: '' });
      }
    }
  }
}
