import { toMetricFamily } from '../features/metricFamily.js';
import type { SeriesDefinition } from '../records.js';
import type { SeriesKey } from './telemetryBins.js';

/** Of `SeriesDefinition.labels`: name and value, quotes and backslashes escaped. */
const LABEL = /([^=,]+)="((?:[^"\\]|\\.)*)"/gu;

/** What a series is about, and what it is called for the text encoder and for a person. */
export function describeSeries(definition: SeriesDefinition): Pick<SeriesKey, 'definition' | 'family' | 'text' | 'label'> {
  const { metric, labels, unit, entity, callee } = definition;
  const { service, instance } = entity;
  const name = withLabels(metric, labels);
  const owner = instance === '' ? service : instance;
  return {
    definition,
    family: toMetricFamily(metric),
    text: unit === '' ? name : `${name} ${unit}`,
    label: `${withLabels(metric, withoutNames(labels, definition))} of ${callee === undefined ? owner : `calls from ${owner} to ${callee}`}`,
  };
}

function withLabels(metric: string, labels: string): string {
  return labels === '' ? metric : `${metric}{${labels}}`;
}

/** Of calls, whose both sides the label names: without labels that name one of them again, or say which of them wrote it. */
function withoutNames(labels: string, { entity, callee }: SeriesDefinition): string {
  if (callee === undefined) {
    return labels;
  }
  const said = new Set([entity.service, entity.instance, callee].map((name) => name.toLowerCase()));
  const left = [...labels.matchAll(LABEL)].filter(([, label, value = '']) => label !== 'reporter' && !said.has(value.toLowerCase()));
  return left.map(([whole]) => whole).join(',');
}
