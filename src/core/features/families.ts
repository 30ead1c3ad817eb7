import type { Modality } from '../records.js';

/**
 * Feature families: what can be unusual about an entity in a slice. A deviation is calibrated within its family, and heads
 * are symmetric over families, so that they carry over to systems where some family never occurs.
 */
export interface FeatureFamily {
  readonly id: string;
  readonly modality: Modality;
  /** What is unusual, for a person: completes "unusual …". */
  readonly label: string;
}

export const FEATURE_FAMILIES = [
  { id: 'metric-cpu', modality: 'metric', label: 'CPU usage' },
  { id: 'metric-memory', modality: 'metric', label: 'memory' },
  { id: 'metric-io', modality: 'metric', label: 'network and disk volume' },
  { id: 'metric-latency', modality: 'metric', label: 'measured latency' },
  { id: 'metric-errors', modality: 'metric', label: 'error metrics' },
  { id: 'metric-traffic', modality: 'metric', label: 'traffic metrics' },
  { id: 'metric-other', modality: 'metric', label: 'other metrics' },
  { id: 'trace-duration', modality: 'trace', label: 'duration of operations' },
  { id: 'trace-self', modality: 'trace', label: 'own time of operations' },
  { id: 'trace-errors', modality: 'trace', label: 'failed operations' },
  { id: 'trace-gap', modality: 'trace', label: 'time between caller and callee' },
  { id: 'trace-missing', modality: 'trace', label: 'missing or new calls' },
  { id: 'trace-next', modality: 'trace', label: 'order of calls' },
  { id: 'log-template', modality: 'log', label: 'log lines per operation' },
  { id: 'log-next', modality: 'log', label: 'order of log lines' },
  { id: 'log-severity', modality: 'log', label: 'warnings and errors logged' },
] as const satisfies readonly FeatureFamily[];

export type FamilyId = (typeof FEATURE_FAMILIES)[number]['id'];

export const FAMILY_COUNT = FEATURE_FAMILIES.length;

const INDEX_BY_ID = new Map<string, number>(FEATURE_FAMILIES.map((family, index) => [family.id, index]));

/** Position of a family in `FEATURE_FAMILIES`. */
export function familyIndex(id: FamilyId): number {
  const index = INDEX_BY_ID.get(id);
  if (index === undefined) {
    throw new Error(`unknown feature family ${id}`);
  }
  return index;
}

export function getFamily(id: FamilyId): FeatureFamily {
  const family: FeatureFamily | undefined = FEATURE_FAMILIES[familyIndex(id)];
  if (family === undefined) {
    throw new Error(`unknown feature family ${id}`);
  }
  return family;
}
