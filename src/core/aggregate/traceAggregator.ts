/**
 * Spans → base bins: duration, own time, errors, the gap between caller and callee, which calls a span makes and in what order.
 * Families and what each finds: shared findings on real faults (network delay shows only in the gap, early returns only in
 * missing children and in the order of calls).
 */
import { getOrAdd } from '../math/getOrAdd.js';
import { Numbering } from '../math/numbering.js';
import { ROWS_PER_STEP, type Steps } from '../math/steps.js';
import { MODALITIES } from '../records.js';
import type { BinBuilder } from './binBuilder.js';
import type { OperationTable } from './operations.js';
import type { SpanTable } from './recordTables.js';
import type { SpanForest } from './spanForest.js';
import type { MomentPart } from './telemetryBins.js';

/** Later calls of one span are not looked at for order: a loop of hundreds of calls says nothing new. */
const MAX_SEQUENCE = 48;
/**
 * A callee that ends this much after its caller was given up by it (timeout), or was never waited for (a message): such a pair has no
 * gap. Clocks of nodes are known to differ by tens of milliseconds, client timeouts are longer.
 */
const MIN_OUTLIVED_NS = 50e6;
const OUTLIVED_SHARE = 0.1;
const TRACE = MODALITIES.indexOf('trace');
const START = 0;
const END = 0;

export class TraceAggregator {
  private readonly spanDenominators = new Map<number, number>();
  private readonly errorKeys = new Map<number, number>();
  private readonly durationKeys = new Map<number, number>();
  private readonly selfKeys = new Map<number, number>();
  private readonly gapKeys = new Numbering();
  private readonly outlivedKeys = new Numbering();
  private readonly childKeys = new Numbering();
  private readonly stepDenominators = new Numbering();
  private readonly stepKeys = new Numbering();
  /** What a child call is, seen from its parent: (child operation, operation it reaches in another service + 1). */
  private readonly callLabels = new Numbering();
  private readonly labels: { readonly operation: number; readonly remote: number }[] = [{ operation: -1, remote: -1 }];

  private readonly bins: BinBuilder;
  private readonly operations: OperationTable;

  constructor(bins: BinBuilder, operations: OperationTable) {
    this.bins = bins;
    this.operations = operations;
  }

  /** Cases "a span of this operation". */
  spanDenominator(operation: number): number {
    return getOrAdd(this.spanDenominators, operation, () => this.bins.addDenominator());
  }

  *add(table: SpanTable, forest: SpanForest, operationOfRow: Uint32Array): Steps<void> {
    const start = table.startNs.view();
    const duration = table.durationNs.view();
    const service = table.service.view();
    const failed = table.failed.view();
    const file = table.file.view();
    const line = table.line.view();
    for (let row = 0; row < table.length; row++) {
      if (row % ROWS_PER_STEP === 0) {
        yield;
      }
      const bin = this.bins.toBin(start[row] ?? 0);
      const operation = operationOfRow[row] ?? 0;
      const where = { file: file[row] ?? 0, line: line[row] ?? 0 };
      const durationNs = duration[row] ?? 0;
      this.bins.density.add(TRACE, bin, 1, where.file, where.line);
      this.bins.denominators.add(this.spanDenominator(operation), bin, 1, where.file, where.line);
      this.bins.moments.add(this.momentKey('duration', operation), bin, toLogMicros(durationNs), where.file, where.line);
      const childCount = (forest.offsets[row + 1] ?? 0) - (forest.offsets[row] ?? 0);
      if (childCount > 0) {
        this.bins.moments.add(this.momentKey('self', operation), bin, toLogMicros(forest.selfNs[row] ?? 0), where.file, where.line);
        this.addCalls(forest, operationOfRow, row, operation, bin, file, line);
      }
      const errorKey = this.errorKey(operation);
      if (failed[row] === 1) {
        this.bins.rates.add(errorKey, bin, 1, where.file, where.line);
      }
      const parentRow = forest.parent[row] ?? -1;
      if (parentRow < 0) {
        this.bins.traces.add(0, bin, 1, where.file, where.line);
      } else if (service[parentRow] !== service[row]) {
        const callerOperation = operationOfRow[parentRow] ?? 0;
        const waited = (start[parentRow] ?? 0) + (duration[parentRow] ?? 0);
        const ended = (start[row] ?? 0) + durationNs;
        const outlived = this.outlivedKeys.idOf(callerOperation, operation, () => this.addOutlivedKey(callerOperation, operation));
        this.bins.denominators.add(this.bins.rateKeys[outlived]?.denominator ?? 0, bin, 1, where.file, where.line);
        if (ended - waited > Math.max(MIN_OUTLIVED_NS, OUTLIVED_SHARE * durationNs)) {
          this.bins.rates.add(outlived, bin, 1, where.file, where.line);
        } else {
          const gapNs = Math.max(0, (duration[parentRow] ?? 0) - durationNs);
          this.bins.moments.add(this.gapKey(callerOperation, operation), bin, toLogMicros(gapNs), where.file, where.line);
        }
        this.bins.calls.add(this.bins.edgeId(service[parentRow] ?? 0, service[row] ?? 0), bin, 1, where.file, where.line);
      }
    }
  }

  private addCalls(
    forest: SpanForest,
    operationOfRow: Uint32Array,
    row: number,
    operation: number,
    bin: number,
    file: Uint32Array,
    line: Uint32Array,
  ): void {
    const children = forest.children.subarray(forest.offsets[row], forest.offsets[row + 1]);
    const seen = new Set<number>();
    let previous = START;
    for (const child of children.subarray(0, MAX_SEQUENCE)) {
      const label = this.callLabel(forest, operationOfRow, child);
      const where = { file: file[child] ?? 0, line: line[child] ?? 0 };
      if (!seen.has(label)) {
        seen.add(label);
        this.bins.rates.add(this.childKey(operation, label), bin, 1, where.file, where.line);
      }
      this.addStep(operation, previous, label, bin, where.file, where.line);
      previous = label;
    }
    if (children.length <= MAX_SEQUENCE) {
      this.addStep(operation, previous, END, bin, file[row] ?? 0, line[row] ?? 0);
    }
  }

  private addStep(operation: number, previous: number, next: number, bin: number, file: number, line: number): void {
    const denominator = this.stepDenominators.idOf(operation, previous, () => this.bins.addDenominator());
    this.bins.denominators.add(denominator, bin, 1, file, line);
    const key = this.stepKeys.idOf(denominator, next, () => {
      const before = previous === START ? 'the start' : this.describeLabel(previous);
      const after = next === END ? 'the end' : this.describeLabel(next);
      return this.bins.addRateKey({
        family: 'trace-next',
        entity: this.operations.serviceOf(operation),
        denominator,
        text: next === END ? this.operations.nameOf(operation) : this.labelText(next),
        label: `${after} after ${before} in ${this.operations.describe(operation)}`,
        alsoBlames: next === END && previous !== START ? this.remoteService(previous) : -1,
      });
    });
    this.bins.rates.add(key, bin, 1, file, line);
  }

  private callLabel(forest: SpanForest, operationOfRow: Uint32Array, child: number): number {
    const operation = operationOfRow[child] ?? 0;
    const first = forest.offsets[child] ?? 0;
    const own = this.operations.serviceOf(operation);
    let remote = 0;
    if ((forest.offsets[child + 1] ?? 0) > first) {
      const reached = operationOfRow[forest.children[first] ?? 0] ?? 0;
      remote = this.operations.serviceOf(reached) === own ? 0 : reached + 1;
    }
    return this.callLabels.idOf(operation, remote, () => this.labels.push({ operation, remote: remote - 1 }) - 1);
  }

  private remoteService(label: number): number {
    const { operation, remote } = this.labels[label] ?? { operation: -1, remote: -1 };
    return remote >= 0 ? this.operations.serviceOf(remote) : operation >= 0 ? this.operations.serviceOf(operation) : -1;
  }

  private labelText(label: number): string {
    const { operation, remote } = this.labels[label] ?? { operation: 0, remote: -1 };
    return remote >= 0 ? this.operations.nameOf(remote) : this.operations.nameOf(operation);
  }

  private describeLabel(label: number): string {
    const { operation, remote } = this.labels[label] ?? { operation: 0, remote: -1 };
    return remote >= 0 ? this.operations.describe(remote) : this.operations.describe(operation);
  }

  private childKey(operation: number, label: number): number {
    return this.childKeys.idOf(operation, label, () =>
      this.bins.addRateKey({
        family: 'trace-missing',
        entity: this.operations.serviceOf(operation),
        denominator: this.spanDenominator(operation),
        text: this.labelText(label),
        label: `call of ${this.describeLabel(label)} by ${this.operations.describe(operation)}`,
        alsoBlames: -1,
      }),
    );
  }

  private errorKey(operation: number): number {
    return getOrAdd(this.errorKeys, operation, () =>
      this.bins.addRateKey({
        family: 'trace-errors',
        entity: this.operations.serviceOf(operation),
        denominator: this.spanDenominator(operation),
        text: this.operations.nameOf(operation),
        label: `failure of ${this.operations.describe(operation)}`,
        alsoBlames: -1,
      }),
    );
  }

  private momentKey(part: Exclude<MomentPart, 'gap'>, operation: number): number {
    return getOrAdd(part === 'duration' ? this.durationKeys : this.selfKeys, operation, () =>
      this.bins.addMomentKey({
        family: part === 'duration' ? 'trace-duration' : 'trace-self',
        part,
        entity: this.operations.serviceOf(operation),
        peer: -1,
        text: this.operations.nameOf(operation),
        label: part === 'duration' ? this.operations.describe(operation) : `own time of ${this.operations.describe(operation)}`,
      }),
    );
  }

  private addOutlivedKey(callerOperation: number, calleeOperation: number): number {
    return this.bins.addRateKey({
      family: 'trace-errors',
      entity: this.operations.serviceOf(calleeOperation),
      denominator: this.bins.addDenominator(),
      text: this.operations.nameOf(calleeOperation),
      label: `${this.operations.describe(callerOperation)} gave up before ${this.operations.describe(calleeOperation)} ended`,
      alsoBlames: -1,
    });
  }

  private gapKey(callerOperation: number, calleeOperation: number): number {
    return this.gapKeys.idOf(callerOperation, calleeOperation, () =>
      this.bins.addMomentKey({
        family: 'trace-gap',
        part: 'gap',
        entity: this.operations.serviceOf(callerOperation),
        peer: this.operations.serviceOf(calleeOperation),
        text: this.operations.nameOf(calleeOperation),
        label: `time between ${this.operations.describe(callerOperation)} and ${this.operations.describe(calleeOperation)}`,
      }),
    );
  }
}

/** log1p of a duration in µs. @param ns >= 0 */
export function toLogMicros(ns: number): number {
  return Math.log1p(Math.max(0, ns) / 1000);
}
