/** Chunks of records in, base bins out. Joins log lines with the spans that own them, and spans with their parents. */
import { finishSteps, type Steps } from '../math/steps.js';
import { StringTable } from '../math/stringTable.js';
import { MODALITIES, type Modality, type RecordChunk } from '../records.js';
import { BinBuilder } from './binBuilder.js';
import { findQuantiles } from './bucketQuantiles.js';
import { LogAggregator } from './logAggregator.js';
import { MetricAggregator } from './metricAggregator.js';
import { findMeans } from './meanSeries.js';
import { OperationTable } from './operations.js';
import { MAX_PEER_ENTITIES, PeerCalls } from './peerCalls.js';
import { appendLogs, appendSpans, FileDictionary, LogTable, SpanTable, type RowFilter } from './recordTables.js';
import { replaceSeries } from './replaceSeries.js';
import { buildSpanForest } from './spanForest.js';
import { toSeriesUnit } from './seriesUnit.js';
import type { SeriesKey, TelemetryBins } from './telemetryBins.js';
import { TraceAggregator } from './traceAggregator.js';

/** Clusters distinct masked messages into templates; see core/logs/drain.ts. */
export interface TemplateMiner {
  /** @returns template id of each shape, in the order given; ids are dense and stay as they are in later calls. */
  add(shapes: readonly string[]): readonly number[];
  textOf(template: number): string;
}

export interface AggregatorOptions {
  readonly binNs: bigint;
  readonly miner: TemplateMiner;
  readonly fromNs?: bigint;
  readonly toNs?: bigint;
  /**
   * Spans and log lines held for joining at once, default 6 million (about 0.5 GB). Beyond it what is held is aggregated and
   * forgotten; lines and children that come later than that find no partner, and a warning says how many.
   */
  readonly maxJoinRows?: number;
}

const EPOCH_MIN = 0n;
const EPOCH_MAX = 1n << 62n;

export class TelemetryAggregator {
  /** Exporters of one system spell a service `Frontend` here and `frontend` there. */
  private readonly services = new StringTable((name) => name.toLowerCase());
  private readonly operationNames = new StringTable();
  private readonly shapes = new StringTable();
  /** Whom client spans name as their callee; most are services too. */
  private readonly peerNames = new StringTable((name) => name.toLowerCase());
  private readonly dictionaries = new Map<number, FileDictionary>();
  private readonly spans = new SpanTable();
  private readonly logs = new LogTable();
  private readonly filter: RowFilter;
  private readonly records: Record<Modality, number> = { log: 0, trace: 0, metric: 0 };
  private templateOfShape = new Int32Array(0);
  private minedShapes = 0;
  private orphans = 0;
  private joinedParts = 0;
  /** Chunks of names and series alone that came before the first record: times are kept relative to that record. */
  private readonly early: { readonly fileId: number; readonly chunk: RecordChunk }[] = [];
  private stages:
    | {
        bins: BinBuilder;
        operations: OperationTable;
        traces: TraceAggregator;
        peers: PeerCalls;
        logs: LogAggregator;
        metrics: MetricAggregator;
      }
    | undefined;

  private readonly options: AggregatorOptions;

  constructor(options: AggregatorOptions) {
    this.options = options;
    this.filter = { fromNs: options.fromNs ?? EPOCH_MIN, toNs: options.toNs ?? EPOCH_MAX };
  }

  addChunk(fileId: number, chunk: RecordChunk): void {
    const firstNs = chunk.spans.startNs[0] ?? chunk.logs.timeNs[0] ?? chunk.points.timeNs[0];
    if (firstNs === undefined && chunk.newStrings.length === 0 && chunk.newSeries.length === 0) {
      return;
    }
    if (firstNs === undefined && this.stages === undefined) {
      this.early.push({ fileId, chunk });
      return;
    }
    const stages = this.stagesFor(firstNs ?? 0n);
    for (const waiting of this.early.splice(0)) {
      this.addChunk(waiting.fileId, waiting.chunk);
    }
    const originNs = stages.bins.originNs;
    let dictionary = this.dictionaries.get(fileId);
    if (dictionary === undefined) {
      dictionary = new FileDictionary();
      this.dictionaries.set(fileId, dictionary);
    }
    dictionary.extend(chunk.newStrings);
    const spansBefore = this.spans.length;
    const logsBefore = this.logs.length;
    const names = { services: this.services, operations: this.operationNames, shapes: this.shapes, peers: this.peerNames };
    appendSpans(this.spans, chunk.spans, fileId, dictionary, names, originNs, this.filter);
    appendLogs(this.logs, chunk.logs, fileId, dictionary, names, originNs, this.filter);
    this.records.trace += this.spans.length - spansBefore;
    this.records.log += this.logs.length - logsBefore;
    this.records.metric += stages.metrics.addChunk(fileId, chunk.newSeries, chunk.points, originNs, this.filter);
    const limit = this.options.maxJoinRows ?? 6_000_000;
    if (this.spans.length + this.logs.length > limit) {
      finishSteps(this.join(stages));
    }
    if (stages.metrics.pending > limit) {
      finishSteps(stages.metrics.flush());
    }
  }

  /** @param files paths by file id */
  finish(files: readonly string[]): TelemetryBins {
    return finishSteps(this.finishInSteps(files));
  }

  *finishInSteps(files: readonly string[]): Steps<TelemetryBins> {
    const stages = this.stagesFor(0n);
    yield* this.join(stages);
    yield* stages.metrics.finish();
    const { bins } = stages;
    if (this.orphans > 0) {
      bins.warnings.push(`${this.orphans} spans name a parent that is not in the files; they count as roots.`);
    }
    if (stages.peers.leftOutCount > 0) {
      bins.warnings.push(
        `Spans call ${stages.peers.leftOutCount + MAX_PEER_ENTITIES} services that have no records of their own: the ${MAX_PEER_ENTITIES} called most are among the entities, ${stages.peers.leftOutCount} were left out.`,
      );
    }
    if (this.joinedParts > 1) {
      bins.warnings.push(
        `The records were too many to join at once and were joined in ${this.joinedParts} parts: log lines and spans whose partner lies in another part count without it.`,
      );
    }
    // The tables are the longest single steps: a look up between each two.
    const denominators = bins.denominators.build(bins.denominatorCount);
    yield;
    const rates = bins.rates.build(bins.rateKeys.length);
    yield;
    const moments = bins.moments.build(bins.momentKeys.length);
    yield;
    const measured = bins.series.build(bins.seriesKeys.length);
    yield;
    const written = { keys: bins.seriesKeys, series: measured };
    const withQuantiles = yield* replaceSeries(written, findQuantiles(written));
    yield;
    const { keys, series } = yield* replaceSeries(withQuantiles, findMeans(withQuantiles));
    const seriesKeys: SeriesKey[] = [];
    for (const [id, key] of keys.entries()) {
      seriesKeys.push({ ...key, unit: toSeriesUnit(series, id) });
      yield;
    }
    return {
      binNs: bins.binNs,
      entities: this.services.values,
      files,
      denominators,
      rateKeys: bins.rateKeys,
      rates,
      momentKeys: bins.momentKeys,
      moments,
      seriesKeys,
      series,
      edges: bins.edges,
      calls: bins.calls.build(bins.edges.length),
      density: bins.density.build(MODALITIES.length),
      traces: bins.traces.build(1),
      warnings: bins.warnings,
      records: this.records,
    };
  }

  private stagesFor(firstNs: bigint): NonNullable<typeof this.stages> {
    if (this.stages === undefined) {
      const bins = new BinBuilder(this.services, firstNs, this.options.binNs);
      const operations = new OperationTable(this.services, this.operationNames);
      this.stages = {
        bins,
        operations,
        traces: new TraceAggregator(bins, operations),
        peers: new PeerCalls(bins, operations, this.services, this.peerNames),
        logs: new LogAggregator(bins, operations),
        metrics: new MetricAggregator(bins, this.services),
      };
    }
    return this.stages;
  }

  private *join({ operations, traces, peers, logs }: NonNullable<typeof this.stages>): Steps<void> {
    this.joinedParts += this.spans.length + this.logs.length > 0 ? 1 : 0;
    const forest = buildSpanForest(this.spans);
    yield;
    const service = this.spans.service.view();
    const operation = this.spans.operation.view();
    const operationOfRow = new Uint32Array(this.spans.length);
    for (let row = 0; row < operationOfRow.length; row++) {
      operationOfRow[row] = operations.idOf(service[row] ?? 0, operation[row] ?? 0);
    }
    this.orphans += forest.orphans;
    yield* traces.add(this.spans, forest, operationOfRow);
    yield* peers.add(this.spans, forest, operationOfRow);
    this.mineTemplates();
    yield;
    const sources = { templateOfShape: this.templateOfShape, templateText: (id: number) => this.options.miner.textOf(id) };
    yield* logs.add(this.logs, sources, this.spans, forest, operationOfRow);
    this.spans.clear();
    this.logs.clear();
  }

  private mineTemplates(): void {
    const fresh = this.shapes.values.slice(this.minedShapes);
    const templates = this.options.miner.add(fresh);
    const all = new Int32Array(this.shapes.size);
    all.set(this.templateOfShape);
    all.set(Int32Array.from(templates), this.minedShapes);
    this.templateOfShape = all;
    this.minedShapes = this.shapes.size;
  }
}
