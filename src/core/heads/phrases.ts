/**
 * What is wrong, in a few words: for state names and sentences. A metric is "up" or "down", not high or low: where minutes before are known it
 * is judged by its change, and what fell from far above usual may lie above it still.
 */
import type { FamilyId } from '../features/families.js';

const RISING: Record<FamilyId, string> = {
  'metric-cpu': 'CPU up',
  'metric-memory': 'memory up',
  'metric-io': 'network or disk volume up',
  'metric-latency': 'measured latency up',
  'metric-errors': 'error metrics up',
  'metric-traffic': 'traffic up',
  'metric-other': 'unusual metrics',
  'trace-duration': 'slow operations',
  'trace-self': 'slow in its own code',
  'trace-errors': 'failing or timed-out operations',
  'trace-gap': 'slow on the way from its callers',
  'trace-missing': 'calls that usually do not happen',
  'trace-next': 'calls in an unusual order',
  'log-template': 'unusual log lines',
  'log-next': 'log lines in an unusual order',
  'log-severity': 'errors logged',
};

const FALLING: Partial<Record<FamilyId, string>> = {
  'metric-cpu': 'CPU down',
  'metric-memory': 'memory down',
  'metric-io': 'network or disk volume down',
  'metric-latency': 'measured latency down',
  'metric-errors': 'error metrics down',
  'metric-traffic': 'traffic down',
  'trace-duration': 'operations that end early',
  'trace-self': 'operations that end early',
  'trace-errors': 'fewer failures',
  'trace-gap': 'fast on the way from its callers',
  'trace-missing': 'missing calls',
  'log-template': 'missing log lines',
  'log-severity': 'fewer errors logged',
};

/** @param z signed deviation: above or below usual */
export function toPhrase(family: FamilyId, z: number): string {
  return (z < 0 ? FALLING[family] : undefined) ?? RISING[family];
}
