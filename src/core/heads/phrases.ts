/** What is wrong, in a few words: for state names and sentences. */
import type { FamilyId } from '../features/families.js';

const RISING: Record<FamilyId, string> = {
  'metric-cpu': 'high CPU',
  'metric-memory': 'more memory',
  'metric-io': 'more network or disk volume',
  'metric-latency': 'higher measured latency',
  'metric-errors': 'error metrics up',
  'metric-traffic': 'more traffic',
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
  'metric-cpu': 'low CPU',
  'metric-memory': 'less memory',
  'metric-io': 'less network or disk volume',
  'metric-latency': 'lower measured latency',
  'metric-errors': 'error metrics down',
  'metric-traffic': 'less traffic',
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
