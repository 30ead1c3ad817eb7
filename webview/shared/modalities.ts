import { MODALITIES, type Modality } from '../../src/core/records.js';

/** What records of a modality are called. */
export const MODALITY_NAMES: Record<Modality, { readonly title: string; readonly one: string; readonly many: string }> = {
  log: { title: 'Logs', one: 'log line', many: 'log lines' },
  trace: { title: 'Traces', one: 'span', many: 'spans' },
  metric: { title: 'Metrics', one: 'metric point', many: 'metric points' },
};

export { MODALITIES, type Modality };
