import { maskMessage } from '../../core/logs/masking.js';
import { resolveEntity } from '../../core/entities.js';
import type { EntityName, RecordChunk, RejectReason, SeriesDefinition, Severity } from '../../core/records.js';
import { MAX_CHUNK_RECORDS } from '../../core/records.js';
import * as columns from './chunkColumns.js';

/** How many line numbers are kept for each reason. */
const KEPT_LINES = 5;
/** Distinct message shapes of one file; beyond it a shape is coarsened to its first words and the fact is reported. */
export const MAX_FILE_SHAPES = 100_000;
const COARSE_WORDS = 3;
/** Times outside 1970–2200 are misread units, not telemetry. */
const MAX_TIME_NS = 7_258_118_400_000_000_000n;

export const COARSENED_SHAPES = `more than ${MAX_FILE_SHAPES} distinct message shapes: later ones are kept by their first ${COARSE_WORDS} words`;

/** Ids of an entity's names in the file's dictionary. */
export interface EntityIds {
  readonly service: number;
  readonly instance: number;
}

export interface SinkTotals {
  readonly spans: number;
  readonly logs: number;
  readonly points: number;
  readonly rejected: number;
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
  readonly reasons: readonly RejectReason[];
}

/** Collects the records of one file into chunks. Readers add records, and await `drain` between blocks. */
export class RecordSink {
  readonly #emit: (chunk: RecordChunk) => Promise<void>;
  readonly #ids = new Map<string, number>();
  readonly #seriesIds = new Map<string, number>();
  readonly #entities = new Map<string, EntityIds>();
  readonly #reasons = new Map<string, { count: number; lines: number[]; rejects: boolean }>();
  readonly #ready: RecordChunk[] = [];
  #newStrings: string[] = [];
  #newSeries: SeriesDefinition[] = [];
  #spans = columns.createSpanTable();
  #logs = columns.createLogTable();
  #points = columns.createPointTable();
  #totalSpans = 0;
  #totalLogs = 0;
  #totalPoints = 0;
  #shapes = 0;
  #firstNs: bigint | null = null;
  #lastNs: bigint | null = null;

  public constructor(emit: (chunk: RecordChunk) => Promise<void>) {
    this.#emit = emit;
  }

  public get records(): number {
    return this.#totalSpans + this.#totalLogs + this.#totalPoints;
  }

  /** Id of `text` in the file's dictionary. */
  public intern(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) {
      return known;
    }
    const id = this.#ids.size;
    this.#ids.set(text, id);
    this.#newStrings.push(text);
    return id;
  }

  public internEntity(entity: EntityName): EntityIds {
    return { service: this.intern(entity.service), instance: this.intern(entity.instance) };
  }

  /** Entity of a pod (or whatever names a replica), resolved once per distinct name. */
  public internPod(pod: string): EntityIds {
    let ids = this.#entities.get(pod);
    if (ids === undefined) {
      ids = this.internEntity(resolveEntity({ pod }));
      this.#entities.set(pod, ids);
    }
    return ids;
  }

  /** String id + 1 of a callee's name, 0 for the empty name. */
  public internPeer(name: string): number {
    return name === '' ? 0 : this.intern(name) + 1;
  }

  public internSeries(series: SeriesDefinition): number {
    const { entity, metric, unit, kind, labels } = series;
    const key = `${entity.service}\u0000${entity.instance}\u0000${metric}\u0000${unit}\u0000${kind}\u0000${labels}`;
    const known = this.#seriesIds.get(key);
    if (known !== undefined) {
      return known;
    }
    const id = this.#seriesIds.size;
    this.#seriesIds.set(key, id);
    this.#newSeries.push(series);
    return id;
  }

  /** Shape of a raw message, interned. */
  public internShape(message: string): number {
    const shape = maskMessage(message);
    const known = this.#ids.get(shape);
    if (known !== undefined) {
      return known;
    }
    if (this.#shapes >= MAX_FILE_SHAPES) {
      this.note(COARSENED_SHAPES, 0);
      return this.intern(`${shape.split(' ').slice(0, COARSE_WORDS).join(' ')} <*>`);
    }
    this.#shapes++;
    return this.intern(shape);
  }

  /**
   * @param peer string id + 1 of the callee that the span names (see `internPeer`), 0 = none
   * @returns false when the time is impossible; the record is then counted as rejected
   */
  public addSpan(
    traceKey: number,
    spanKey: number,
    parentKey: number,
    startNs: bigint,
    durationNs: number,
    entity: EntityIds,
    operation: number,
    status: number,
    offset: number,
    line: number,
    peer = 0,
  ): boolean {
    if (!this.#seeTime(startNs, line)) {
      return false;
    }
    const table = (this.#spans = columns.reserveSpan(this.#spans));
    const i = table.length++;
    table.traceKey[i] = traceKey;
    table.spanKey[i] = spanKey;
    table.parentKey[i] = parentKey;
    table.startNs[i] = startNs;
    table.durationNs[i] = durationNs;
    table.service[i] = entity.service;
    table.instance[i] = entity.instance;
    table.operation[i] = operation;
    table.status[i] = status;
    table.peer[i] = peer;
    table.offset[i] = offset;
    table.line[i] = line;
    this.#totalSpans++;
    this.#cutWhenFull();
    return true;
  }

  public addLog(
    timeNs: bigint,
    entity: EntityIds,
    shape: number,
    severity: Severity,
    traceKey: number,
    spanKey: number,
    offset: number,
    line: number,
  ): boolean {
    if (!this.#seeTime(timeNs, line)) {
      return false;
    }
    const table = (this.#logs = columns.reserveLog(this.#logs));
    const i = table.length++;
    table.timeNs[i] = timeNs;
    table.service[i] = entity.service;
    table.instance[i] = entity.instance;
    table.shape[i] = shape;
    table.severity[i] = severity;
    table.traceKey[i] = traceKey;
    table.spanKey[i] = spanKey;
    table.offset[i] = offset;
    table.line[i] = line;
    this.#totalLogs++;
    this.#cutWhenFull();
    return true;
  }

  /** @returns false when the time is impossible or the value not finite; the point is then counted as rejected. */
  public addPoint(timeNs: bigint, series: number, value: number, offset: number, line: number): boolean {
    if (!Number.isFinite(value)) {
      this.reject(Number.isNaN(value) ? 'value is NaN' : 'value is infinite', line);
      return false;
    }
    if (!this.#seeTime(timeNs, line)) {
      return false;
    }
    const table = (this.#points = columns.reservePoint(this.#points));
    const i = table.length++;
    table.timeNs[i] = timeNs;
    table.series[i] = series;
    table.value[i] = value;
    table.offset[i] = offset;
    table.line[i] = line;
    this.#totalPoints++;
    this.#cutWhenFull();
    return true;
  }

  /** Counts a record that could not be used. */
  public reject(reason: string, line: number): void {
    this.#count(reason, line, true);
  }

  /** Counts something the user should know of records that were kept. */
  public note(reason: string, line: number): void {
    this.#count(reason, line, false);
  }

  /** Hands finished chunks on; waits while the receiver is behind. */
  public async drain(): Promise<void> {
    for (let chunk = this.#ready.shift(); chunk !== undefined; chunk = this.#ready.shift()) {
      await this.#emit(chunk);
    }
  }

  public async finish(): Promise<SinkTotals> {
    if (this.#pending > 0 || this.#newStrings.length > 0 || this.#newSeries.length > 0) {
      this.#cut();
    }
    await this.drain();
    return this.totals();
  }

  public totals(): SinkTotals {
    const reasons = [...this.#reasons].map(([reason, { count, lines }]) => ({ reason, count, lines }));
    let rejected = 0;
    for (const { count, rejects } of this.#reasons.values()) {
      rejected += rejects ? count : 0;
    }
    return {
      spans: this.#totalSpans,
      logs: this.#totalLogs,
      points: this.#totalPoints,
      rejected,
      firstNs: this.#firstNs,
      lastNs: this.#lastNs,
      reasons: reasons.sort((a, b) => b.count - a.count),
    };
  }

  get #pending(): number {
    return this.#spans.length + this.#logs.length + this.#points.length;
  }

  #cutWhenFull(): void {
    if (this.#pending >= MAX_CHUNK_RECORDS) {
      this.#cut();
    }
  }

  #cut(): void {
    this.#ready.push({
      newStrings: this.#newStrings,
      newSeries: this.#newSeries,
      spans: columns.toSpanColumns(this.#spans),
      logs: columns.toLogColumns(this.#logs),
      points: columns.toPointColumns(this.#points),
    });
    this.#newStrings = [];
    this.#newSeries = [];
    this.#spans = columns.createSpanTable();
    this.#logs = columns.createLogTable();
    this.#points = columns.createPointTable();
  }

  #count(reason: string, line: number, rejects: boolean): void {
    const entry = this.#reasons.get(reason);
    if (entry === undefined) {
      this.#reasons.set(reason, { count: 1, lines: line > 0 ? [line] : [], rejects });
      return;
    }
    entry.count++;
    if (line > 0 && entry.lines.length < KEPT_LINES && entry.lines.at(-1) !== line) {
      entry.lines.push(line);
    }
  }

  #seeTime(timeNs: bigint, line: number): boolean {
    if (timeNs < 0n || timeNs > MAX_TIME_NS) {
      this.reject('time is before 1970 or after 2199', line);
      return false;
    }
    if (this.#firstNs === null || timeNs < this.#firstNs) {
      this.#firstNs = timeNs;
    }
    if (this.#lastNs === null || timeNs > this.#lastNs) {
      this.#lastNs = timeNs;
    }
    return true;
  }
}
