import { toMetricFamily } from '../features/metricFamily.js';
import type { SeriesDefinition } from '../records.js';
import type { SeriesKey } from './telemetryBins.js';

/** What a series is about, and what it is called for the text encoder and for a person. */
export function describeSeries(definition: SeriesDefinition): Pick<SeriesKey, 'definition' | 'family' | 'text' | 'label'> {
  const { metric, labels, unit, entity } = definition;
  const name = labels === '' ? metric : `${metric}{${labels}}`;
  return {
    definition,
    family: toMetricFamily(metric),
    text: unit === '' ? name : `${name} ${unit}`,
    label: `${name} of ${entity.instance === '' ? entity.service : entity.instance}`,
  };
}
