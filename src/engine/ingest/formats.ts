import type { FileHead, FormatReader } from './formatReader.js';
import { csvLogs } from './formats/csvLogs.js';
import { csvMetrics } from './formats/csvMetrics.js';
import { csvTraces } from './formats/csvTraces.js';
import { jaegerJson } from './formats/jaegerJson.js';
import { jsonLogs } from './formats/jsonLogs.js';
import { otlpJson } from './formats/otlpJson.js';
import { plainLogs } from './formats/plainLogs.js';
import { prometheusJson } from './formats/prometheusJson.js';
import { zipkinJson } from './formats/zipkinJson.js';

/** Every format that can be read: the one place to plug one in. Order decides between equal confidences. */
export const FORMATS: readonly FormatReader[] = [
  otlpJson,
  prometheusJson,
  jaegerJson,
  zipkinJson,
  csvTraces,
  csvLogs,
  csvMetrics,
  jsonLogs,
  plainLogs,
];

/** Below this a file counts as not recognised. */
const MIN_CONFIDENCE = 0.3;

/** The most confident reader, undefined when none recognises the file. */
export function findFormat(head: FileHead): FormatReader | undefined {
  let best: FormatReader | undefined;
  let bestConfidence = MIN_CONFIDENCE;
  for (const format of FORMATS) {
    const confidence = format.sniff(head);
    if (confidence > bestConfidence) {
      best = format;
      bestConfidence = confidence;
    }
  }
  return best;
}

export function findFormatById(id: string): FormatReader | undefined {
  return FORMATS.find((format) => format.id === id);
}
