/**
 * Log lines → base bins: which templates appear in spans of an operation, which follows which within a span, how many are
 * warnings and errors. Lines without a known span are counted against all lines of their service.
 */
import { getOrAdd } from '../math/getOrAdd.js';
import { Numbering } from '../math/numbering.js';
import { ROWS_PER_STEP, type Steps } from '../math/steps.js';
import { MODALITIES } from '../records.js';
import type { BinBuilder } from './binBuilder.js';
import type { OperationTable } from './operations.js';
import type { LogTable, SpanTable } from './recordTables.js';
import type { SpanForest } from './spanForest.js';

const LOG = MODALITIES.indexOf('log');
const WARN = 13;
const ERROR = 17;
const MAX_SEQUENCE = 64;
/** Stands for the start as the previous, and for the end as the next template. */
const NONE = -1;

export interface LogSources {
  /** Template id of each shape id. */
  readonly templateOfShape: Int32Array;
  readonly templateText: (template: number) => string;
}

export class LogAggregator {
  private readonly lineDenominators = new Map<number, number>();
  private readonly ownerDenominators = new Map<number, number>();
  private readonly severityKeys = new Numbering();
  private readonly lineKeys = new Numbering();
  private readonly ownedKeys = new Numbering();
  /** (service, operation) of owned lines, as the first half of `ownedKeys`. */
  private readonly owners = new Numbering();
  private ownerCount = 0;
  private readonly firstDenominators = new Map<number, number>();
  private readonly stepDenominators = new Numbering();
  private readonly stepKeys = new Numbering();
  joined = 0;

  private readonly bins: BinBuilder;
  private readonly operations: OperationTable;

  constructor(bins: BinBuilder, operations: OperationTable) {
    this.bins = bins;
    this.operations = operations;
  }

  *add(logs: LogTable, sources: LogSources, spans: SpanTable, forest: SpanForest, operationOfRow: Uint32Array): Steps<void> {
    const spanKey = logs.spanKey.view();
    const spanRow = new Int32Array(logs.length).fill(-1);
    for (let row = 0; row < logs.length; row++) {
      const key = spanKey[row] ?? 0;
      if (key !== 0) {
        spanRow[row] = forest.rowByKey.get(key) ?? -1;
      }
    }
    yield* this.addLines(logs, sources, spanRow);
    yield* this.addOwned(logs, sources, spans, spanRow, operationOfRow);
  }

  /** Severity of all lines, and templates of lines that no span owns. */
  private *addLines(logs: LogTable, sources: LogSources, spanRow: Int32Array): Steps<void> {
    const time = logs.timeNs.view();
    const service = logs.service.view();
    const shape = logs.shape.view();
    const severity = logs.severity.view();
    const file = logs.file.view();
    const line = logs.line.view();
    for (let row = 0; row < logs.length; row++) {
      if (row % ROWS_PER_STEP === 0) {
        yield;
      }
      const bin = this.bins.toBin(time[row] ?? 0);
      const entity = service[row] ?? 0;
      this.bins.density.add(LOG, bin, 1, file[row] ?? 0, line[row] ?? 0);
      const denominator = getOrAdd(this.lineDenominators, entity, () => this.bins.addDenominator());
      this.bins.denominators.add(denominator, bin, 1, file[row] ?? 0, line[row] ?? 0);
      for (const level of [WARN, ERROR]) {
        const key = this.severityKey(entity, level, denominator);
        if ((severity[row] ?? 0) >= level) {
          this.bins.rates.add(key, bin, 1, file[row] ?? 0, line[row] ?? 0);
        }
      }
      if ((spanRow[row] ?? -1) < 0) {
        const template = sources.templateOfShape[shape[row] ?? 0] ?? 0;
        const key = this.lineKeys.idOf(entity, template, () =>
          this.bins.addRateKey({
            family: 'log-template',
            entity,
            denominator,
            text: sources.templateText(template),
            label: `“${sources.templateText(template)}” logged by ${this.bins.services.get(entity)}`,
            alsoBlames: -1,
          }),
        );
        this.bins.rates.add(key, bin, 1, file[row] ?? 0, line[row] ?? 0);
      }
    }
  }

  private *addOwned(logs: LogTable, sources: LogSources, spans: SpanTable, spanRow: Int32Array, operationOfRow: Uint32Array): Steps<void> {
    const time = logs.timeNs.view();
    const order = rowsWithSpan(spanRow);
    const line = logs.line.view();
    order.sort((a, b) => (spanRow[a] ?? 0) - (spanRow[b] ?? 0) || (time[a] ?? 0) - (time[b] ?? 0) || (line[a] ?? 0) - (line[b] ?? 0));
    this.joined += order.length;
    const loggedBins = this.loggedBins(time, spans, spanRow);
    const loggingOwners = this.loggingOwners(logs, order, spanRow, operationOfRow);
    let at = 0;
    let spansSeen = 0;
    const start = spans.startNs.view();
    const spanFile = spans.file.view();
    const spanLine = spans.line.view();
    // Denominators count spans only where any log was delivered at all: otherwise missing files would look like missing lines.
    while (at < order.length) {
      const span = spanRow[order[at] ?? 0] ?? -1;
      let end = at;
      while (end < order.length && spanRow[order[end] ?? 0] === span) {
        end++;
      }
      this.addSpanLines(logs, sources, order.subarray(at, end), operationOfRow[span] ?? 0, this.bins.toBin(start[span] ?? 0));
      at = end;
      if (++spansSeen % ROWS_PER_STEP === 0) {
        yield;
      }
    }
    for (let span = 0; span < spans.length; span++) {
      if (span % ROWS_PER_STEP === 0) {
        yield;
      }
      const bin = this.bins.toBin(start[span] ?? 0);
      if (!loggedBins.has(bin)) {
        continue;
      }
      for (const owner of loggingOwners.get(operationOfRow[span] ?? 0) ?? []) {
        this.bins.denominators.add(this.ownerDenominator(owner), bin, 1, spanFile[span] ?? 0, spanLine[span] ?? 0);
      }
    }
  }

  private addSpanLines(logs: LogTable, sources: LogSources, rows: Uint32Array, operation: number, bin: number): void {
    const shape = logs.shape.view();
    const service = logs.service.view();
    const file = logs.file.view();
    const line = logs.line.view();
    const seen = new Set<number>();
    let previous = NONE;
    let previousEntity = 0;
    for (const row of rows.subarray(0, MAX_SEQUENCE)) {
      const template = sources.templateOfShape[shape[row] ?? 0] ?? 0;
      const entity = service[row] ?? 0;
      const where = { file: file[row] ?? 0, line: line[row] ?? 0 };
      if (!seen.has(template)) {
        seen.add(template);
        this.bins.rates.add(this.ownedKey(entity, operation, template, sources), bin, 1, where.file, where.line);
      }
      this.addStep(entity, operation, previous, template, bin, where, sources);
      previous = template;
      previousEntity = entity;
    }
    if (rows.length > MAX_SEQUENCE) {
      // Cut off, not ended.
      return;
    }
    const last = rows[rows.length - 1] ?? 0;
    this.addStep(previousEntity, operation, previous, NONE, bin, { file: file[last] ?? 0, line: line[last] ?? 0 }, sources);
  }

  /** `previous` and `next` are templates or NONE. */
  private addStep(
    entity: number,
    operation: number,
    previous: number,
    next: number,
    bin: number,
    where: { readonly file: number; readonly line: number },
    sources: LogSources,
  ): void {
    const denominator =
      previous < 0
        ? getOrAdd(this.firstDenominators, operation, () => this.bins.addDenominator())
        : this.stepDenominators.idOf(entity, previous, () => this.bins.addDenominator());
    this.bins.denominators.add(denominator, bin, 1, where.file, where.line);
    const key = this.stepKeys.idOf(denominator, next + 1, () => {
      const before = previous < 0 ? `the start of ${this.operations.describe(operation)}` : `“${sources.templateText(previous)}”`;
      const after = next < 0 ? 'nothing more' : `“${sources.templateText(next)}”`;
      return this.bins.addRateKey({
        family: 'log-next',
        entity,
        denominator,
        text: sources.templateText(next < 0 ? Math.max(0, previous) : next),
        label: `${after} after ${before}`,
        alsoBlames: -1,
      });
    });
    this.bins.rates.add(key, bin, 1, where.file, where.line);
  }

  private ownedKey(entity: number, operation: number, template: number, sources: LogSources): number {
    const owner = this.owner(entity, operation);
    return this.ownedKeys.idOf(owner, template, () =>
      this.bins.addRateKey({
        family: 'log-template',
        entity,
        denominator: this.ownerDenominator(owner),
        text: sources.templateText(template),
        label: `“${sources.templateText(template)}” in ${this.operations.describe(operation)}`,
        alsoBlames: -1,
      }),
    );
  }

  private severityKey(entity: number, level: number, denominator: number): number {
    return this.severityKeys.idOf(entity, level, () =>
      this.bins.addRateKey({
        family: 'log-severity',
        entity,
        denominator,
        text: level === ERROR ? 'error lines' : 'warning or error lines',
        label: `${level === ERROR ? 'an error' : 'a warning or error'} logged by ${this.bins.services.get(entity)}`,
        alsoBlames: -1,
      }),
    );
  }

  private owner(entity: number, operation: number): number {
    return this.owners.idOf(entity, operation, () => this.ownerCount++);
  }

  private ownerDenominator(owner: number): number {
    return getOrAdd(this.ownerDenominators, owner, () => this.bins.addDenominator());
  }

  /** Bins with a log line, and those in which a span that owns one starts: its lines count there. */
  private loggedBins(time: Float64Array, spans: SpanTable, spanRow: Int32Array): ReadonlySet<number> {
    const bins = new Set<number>();
    const start = spans.startNs.view();
    time.forEach((at, row) => {
      bins.add(this.bins.toBin(at));
      const span = spanRow[row] ?? -1;
      if (span >= 0) {
        bins.add(this.bins.toBin(start[span] ?? 0));
      }
    });
    return bins;
  }

  /** Owners (service, operation) that log at all, by operation. */
  private loggingOwners(logs: LogTable, order: Uint32Array, spanRow: Int32Array, operationOfRow: Uint32Array): Map<number, Set<number>> {
    const service = logs.service.view();
    const owners = new Map<number, Set<number>>();
    for (const row of order) {
      const operation = operationOfRow[spanRow[row] ?? 0] ?? 0;
      const set = getOrAdd(owners, operation, () => new Set<number>());
      set.add(this.owner(service[row] ?? 0, operation));
    }
    return owners;
  }
}

function rowsWithSpan(spanRow: Int32Array): Uint32Array {
  let count = 0;
  for (const span of spanRow) {
    count += span >= 0 ? 1 : 0;
  }
  const rows = new Uint32Array(count);
  let place = 0;
  for (let row = 0; row < spanRow.length; row++) {
    if ((spanRow[row] ?? -1) >= 0) {
      rows[place++] = row;
    }
  }
  return rows;
}
