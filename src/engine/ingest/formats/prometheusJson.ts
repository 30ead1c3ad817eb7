import { resolveEntity, type EntityHints } from '../../../core/entities.js';
import type { SeriesDefinition } from '../../../core/records.js';
import { toFileStem } from '../csv/csvTable.js';
import type { FileHead, FormatReader, ReadContext } from '../formatReader.js';
import { findJsonElements, parseElement, hasLineDocuments, readJsonElements, type JsonElement } from '../json/jsonElements.js';
import type { JsonPath } from '../json/jsonPathScanner.js';
import { isObject, type JsonObject } from '../fields/logFields.js';
import type { RecordSink } from '../recordSink.js';
import { nameMeasured } from '../fields/measuredCalls.js';
import { toLabelText, toPrometheusKind } from '../fields/seriesKind.js';
import { findEpochNsOfNumber } from '../fields/timestamps.js';

const RESULT_PATHS: readonly JsonPath[] = [
  ['data', 'result', '[]'],
  ['result', '[]'],
  ['[]', 'data', 'result', '[]'],
];
const INSIDE: readonly JsonPath[] = [['metric'], ['values', '[]'], ['value'], ['histograms', '[]'], ['histogram']];

/** Labels that name the owner: they make the entity and do not distinguish its series. `job` and `instance` come with every series. */
const OWNER_LABELS = new Set([
  'service_name', 'service', 'app', 'application', 'deployment', 'statefulset', 'daemonset', 'pod', 'pod_name', 'container', 'container_name',
  'job', 'instance', 'node', 'host', 'hostname', '__name__',
]); // prettier-ignore

/** Exporters that report on others: their own `service` and `job` are not the owner of what they measure. */
const EXPORTER = /(?:^|[-/])(?:kubelet|cadvisor|kube-state-metrics|node-exporter|.*-exporter)$/;

export const prometheusJson: FormatReader = {
  id: 'prometheus-json',
  title: 'Prometheus query or query_range JSON (metrics)',
  sniff: sniffPrometheus,
  read: readPrometheus,
};

function sniffPrometheus(head: FileHead): number {
  if (!/^\s*[[{]/.test(head.text)) {
    return 0;
  }
  if (/"resultType"\s*:\s*"(?:matrix|vector|scalar|streams|string)"/.test(head.text)) {
    return /"resultType"\s*:\s*"(?:matrix|vector)"/.test(head.text) ? 0.97 : 0;
  }
  return /"result"\s*:\s*\[\s*\{\s*"metric"\s*:/.test(head.text) ? 0.9 : 0;
}

async function readPrometheus(context: ReadContext): Promise<void> {
  const { sink, head } = context;
  const stem = toFileStem(head);
  await readJsonElements(context.buffer, RESULT_PATHS, {
    lineDocuments: hasLineDocuments(head),
    onElement: (element) => {
      readSeries(element, stem, head.path, sink);
    },
    onReject: (reason, line) => {
      sink.reject(reason, line);
    },
    onBlock: context.onBlock,
  });
}

function readSeries(element: JsonElement, stem: string, path: string, sink: RecordSink): void {
  let parts: JsonElement[];
  let metric: unknown;
  try {
    parts = findJsonElements(element, INSIDE);
    const labels = parts.find((part) => part.path === 0);
    metric = labels === undefined ? {} : parseElement(labels);
  } catch {
    sink.reject('not valid JSON', element.line);
    return;
  }
  const definition = toSeries(isObject(metric) ? metric : {}, stem, path);
  let series: number | undefined;
  for (const part of parts) {
    if (part.path === 0) {
      continue;
    }
    const sample = findSample(part);
    const timeNs = sample === undefined ? undefined : findEpochNsOfNumber(sample.time);
    if (sample === undefined || timeNs === undefined) {
      sink.reject('sample is not [time, value]', part.line);
      continue;
    }
    if (typeof sample.value === 'object') {
      for (const name of ['count', 'sum'] as const) {
        const id = sink.internSeries({ ...definition, metric: `${definition.metric}_${name}`, kind: 'counter' });
        sink.addPoint(timeNs, id, toSampleNumber(sample.value[name]), part.offset, part.line);
      }
      continue;
    }
    series ??= sink.internSeries(definition);
    sink.addPoint(timeNs, series, toSampleNumber(sample.value), part.offset, part.line);
  }
}

function findSample(part: JsonElement): { readonly time: number; readonly value: string | number | JsonObject } | undefined {
  let sample: unknown;
  try {
    sample = parseElement(part);
  } catch {
    return undefined;
  }
  if (!Array.isArray(sample)) {
    return undefined;
  }
  const time: unknown = sample[0];
  const value: unknown = sample[1];
  const isUsable = typeof value === 'string' || typeof value === 'number' || isObject(value);
  return typeof time === 'number' && isUsable ? { time, value } : undefined;
}

/** Prometheus writes `NaN`, `+Inf` and `-Inf`; the sink counts them. */
function toSampleNumber(value: unknown): number {
  if (typeof value === 'string' && /^[+-]?inf$/i.test(value)) {
    return Infinity;
  }
  return typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
}

function toSeries(labels: JsonObject, stem: string, path: string): SeriesDefinition {
  const text = (name: string): string => {
    const value = labels[name];
    return typeof value === 'string' ? value : '';
  };
  const metric = text('__name__') || stem;
  const job = text('job');
  const service = text('service_name') || text('app') || text('application') || text('service');
  const pod = text('pod') || text('pod_name');
  const container = text('container') || text('container_name');
  const workload = text('deployment') || text('statefulset') || text('daemonset');
  const isOwned = pod !== '' || container !== '' || workload !== '';
  const host = (text('instance') || text('node') || text('host') || text('hostname')).replace(/:\d+$/, '');
  const ownService = EXPORTER.test(service) || (isOwned && service === job) ? '' : service;
  const ownJob = isOwned || job === '' || EXPORTER.test(job) ? '' : job.slice(job.lastIndexOf('/') + 1);
  const rest = Object.entries(labels).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && !OWNER_LABELS.has(entry[0]),
  );
  const hints: EntityHints = { serviceName: ownService || ownJob, workload, pod, container, host, fileName: path };
  return {
    ...nameMeasured(resolveEntity(hints), metric, rest),
    metric,
    unit: findUnit(metric),
    kind: toPrometheusKind(metric),
    labels: toLabelText(rest),
  };
}

/** Prometheus puts the unit into the name. */
function findUnit(metric: string): string {
  const unit =
    /_(seconds|milliseconds|bytes|ratio|percent|celsius|meters|volts|amperes|joules|grams)(?:_(?:total|count|sum|bucket|max|min))?$/.exec(
      metric,
    )?.[1];
  return metric.endsWith('_count') || metric.endsWith('_bucket') ? '' : (unit ?? '');
}
