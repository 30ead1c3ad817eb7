import type { Pod } from './pod.js';
import type { Random } from '../../core/math/random.js';

/** Adds what an interval of `stepS` seconds used to the counters of a pod. @returns cores in use over the interval. */
export function updateResources(pod: Pod, stepS: number, nowNs: number, random: Random): number {
  const { counters, size, combined } = pod;
  const own = counters.busyMs / (stepS * 1000 * size.capacity);
  const isRunning = pod.accepts(nowNs) || nowNs < pod.readyNs;
  const idle = isRunning ? 0.02 + 0.01 * Math.abs(random.normal()) : 0;
  const wanted = own + idle + combined.cpuShare + combined.spareShare;
  const used = Math.min(1, wanted) * size.cores;
  counters.cpuSeconds += used * stepS;
  counters.throttledSeconds += Math.max(0, wanted + pod.node.stolenShare * 0.5 - 0.8) * stepS;
  counters.writtenBytes += isRunning ? random.logNormal(4000 + 40 * counters.busyMs, 0.3) * stepS : 0;
  // Probes and housekeeping talk a little even when nobody calls.
  counters.receivedBytes += isRunning ? Math.round(random.logNormal(900, 0.1) * stepS) : 0;
  counters.sentBytes += isRunning ? Math.round(random.logNormal(700, 0.1) * stepS) : 0;
  return used;
}
