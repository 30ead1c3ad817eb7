/** Files → base bins: reads, parses and aggregates, and says how far it is. */
import { TelemetryAggregator } from '../../core/aggregate/telemetryAggregator.js';
import type { TelemetryBins } from '../../core/aggregate/telemetryBins.js';
import { createTemplateMiner } from '../../core/logs/drain.js';
import { EngineError } from '../../protocol/engineError.js';
import type { CallContext } from '../../protocol/engineRpc.js';
import type { EmbedParams, FileReport } from '../../protocol/views.js';
import { ingest } from '../ingest/ingest.js';
import type { ParsedFileCache } from '../ingest/ingestTypes.js';
import { DensityCounter } from './density.js';
import { takeSteps } from './takeSteps.js';

export interface Telemetry {
  readonly bins: TelemetryBins;
  readonly files: readonly FileReport[];
  /** Wall time of reading and parsing, and of aggregating after the last file, ms. */
  readonly parseMs: number;
  readonly aggregateMs: number;
}

const PARTIAL_INTERVAL_MS = 400;

export async function readTelemetry(
  params: EmbedParams,
  binMs: number,
  cache: ParsedFileCache,
  context: CallContext,
  parserThreads?: number,
): Promise<Telemetry> {
  const startedMs = performance.now();
  const binNs = BigInt(Math.round(binMs * 1e6));
  const aggregator = new TelemetryAggregator({
    binNs,
    miner: createTemplateMiner(),
    ...(params.fromNs === undefined ? {} : { fromNs: BigInt(params.fromNs) }),
    ...(params.toNs === undefined ? {} : { toNs: BigInt(params.toNs) }),
  });
  const density = new DensityCounter(binNs);
  const paths: string[] = [];
  const reports: (FileReport | undefined)[] = [];
  let lastPartialMs = 0;
  const options = {
    cache,
    ...(params.utcOffsetMinutes === undefined ? {} : { utcOffsetMinutes: params.utcOffsetMinutes }),
    ...(parserThreads === undefined ? {} : { workers: parserThreads }),
  };
  await ingest(
    params.paths,
    options,
    (event) => {
      switch (event.type) {
        case 'file':
          paths[event.fileId] = event.identity.path;
          break;
        case 'chunk':
          aggregator.addChunk(event.fileId, event.chunk);
          density.add(event.chunk);
          break;
        case 'fileDone':
          reports[event.fileId] = event.report;
          break;
        case 'progress': {
          const fraction = event.bytesTotal > 0 ? event.bytesDone / event.bytesTotal : 0;
          context.onProgress({ phase: 'parse', fraction, detail: event.path, records: event.records });
          if (performance.now() - lastPartialMs > PARTIAL_INTERVAL_MS) {
            lastPartialMs = performance.now();
            const partial = density.toPartial();
            if (partial !== undefined) {
              context.onPartial(partial);
            }
          }
          break;
        }
      }
    },
    context.signal,
  );
  const files = reports.filter((report) => report !== undefined);
  if (files.length === 0) {
    throw new EngineError('no-input', 'the chosen paths hold no files; choose log, trace or metric files, or a folder with some');
  }
  const parsedMs = performance.now();
  const records = files.reduce((sum, file) => sum + file.records, 0);
  context.onProgress({ phase: 'aggregate', fraction: 0, detail: 'joining logs and spans', records });
  const bins = await takeSteps(aggregator.finishInSteps(paths), context.signal);
  if (bins.records.log + bins.records.trace + bins.records.metric === 0) {
    throw new EngineError('no-records', describeNothing(files, records));
  }
  return { bins, files, parseMs: parsedMs - startedMs, aggregateMs: performance.now() - parsedMs };
}

function describeNothing(files: readonly FileReport[], records: number): string {
  if (records > 0) {
    return `none of the ${records} records lie in the chosen time range; widen --from and --to`;
  }
  const first = files.find((file) => file.refusal !== null) ?? files.find((file) => file.reasons.length > 0) ?? files[0];
  const [reason] = first?.reasons ?? [];
  const place = reason?.lines[0] === undefined ? '' : `, line ${reason.lines[0]}`;
  const cause =
    first?.refusal ?? (reason === undefined ? 'nothing in it is a log event, a span or a metric point' : `${reason.reason}${place}`);
  const why = first === undefined ? '' : `; first: ${first.path}: ${cause}`;
  return `no records in ${files.length} ${files.length === 1 ? 'file' : 'files'}${why}`;
}
