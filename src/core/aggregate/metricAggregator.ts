/** Metric points → base bins: the mean level per series and bin, cumulative counters as per-second rates. */
import { getOrAdd } from '../math/getOrAdd.js';
import { growF64, growU32 } from '../math/growableArray.js';
import { median } from '../math/robust.js';
import { ROWS_PER_STEP, type Steps } from '../math/steps.js';
import type { StringTable } from '../math/stringTable.js';
import { MODALITIES, type PointColumns, type SeriesDefinition } from '../records.js';
import type { BinBuilder } from './binBuilder.js';
import { describeSeries } from './describeSeries.js';
import { MAX_PEER_ENTITIES } from './peerCalls.js';
import type { RowFilter } from './recordTables.js';

const METRIC = MODALITIES.indexOf('metric');
/** Sampling distances looked at per series: enough for a median, cheap at 10⁵ series. */
const MAX_INTERVALS = 64;
/** Bins are f32: levels beyond this ("no limit" is often written as the largest double) would turn infinite there, and NaN in scores. */
const MAX_LEVEL = 1e30;

interface CounterState {
  timeNs: number;
  value: number;
}

export class MetricAggregator {
  private readonly series: SeriesDefinition[] = [];
  private readonly entityOfSeries: number[] = [];
  private readonly ids = new Map<string, number>();
  private readonly byFile = new Map<number, number[]>();
  private readonly intervals: number[][] = [];
  private readonly lastCounter = new Map<number, CounterState>();
  private readonly pointSeries = growU32();
  private readonly pointTime = growF64();
  private readonly pointValue = growF64();
  private readonly pointFile = growU32();
  private readonly pointLine = growU32();

  private readonly bins: BinBuilder;
  private readonly services: StringTable;

  constructor(bins: BinBuilder, services: StringTable) {
    this.bins = bins;
    this.services = services;
  }

  get pending(): number {
    return this.pointSeries.length;
  }

  addChunk(fileId: number, newSeries: readonly SeriesDefinition[], points: PointColumns, originNs: bigint, filter: RowFilter): number {
    let map = this.byFile.get(fileId);
    if (map === undefined) {
      map = [];
      this.byFile.set(fileId, map);
    }
    for (const definition of newSeries) {
      map.push(this.seriesId(definition));
    }
    let taken = 0;
    for (let i = 0; i < points.timeNs.length; i++) {
      const time = points.timeNs[i] ?? 0n;
      const series = map[points.series[i] ?? 0];
      if (time < filter.fromNs || time >= filter.toNs || series === undefined) {
        continue;
      }
      this.pointSeries.push(series);
      this.pointTime.push(Number(time - originNs));
      this.pointValue.push(points.value[i] ?? 0);
      this.pointFile.push(fileId);
      this.pointLine.push(points.line[i] ?? 0);
      taken++;
    }
    return taken;
  }

  /** Moves the collected points into bins; counters go on from the last point of the flush before. */
  *flush(): Steps<void> {
    const series = this.pointSeries.view();
    const time = this.pointTime.view();
    const value = this.pointValue.view();
    const file = this.pointFile.view();
    const line = this.pointLine.view();
    const order = orderPoints(series, time, this.series.length);
    let previousSeries = -1;
    let previousTime = 0;
    let done = 0;
    for (const row of order) {
      if (done++ % ROWS_PER_STEP === 0) {
        yield;
      }
      const id = series[row] ?? 0;
      const at = time[row] ?? 0;
      if (id === previousSeries && at > previousTime) {
        const list = this.intervals[id];
        if (list !== undefined && list.length < MAX_INTERVALS) {
          list.push(at - previousTime);
        }
      }
      previousSeries = id;
      previousTime = at;
      this.bins.density.add(METRIC, this.bins.toBin(at), 1, file[row] ?? 0, line[row] ?? 0);
      const level = this.series[id]?.kind === 'counter' ? this.counterRate(id, at, value[row] ?? 0) : (value[row] ?? 0);
      if (level !== undefined) {
        this.bins.series.add(id, this.bins.toBin(at), Math.max(-MAX_LEVEL, Math.min(MAX_LEVEL, level)), file[row] ?? 0, line[row] ?? 0);
      }
    }
    for (const column of [this.pointSeries, this.pointTime, this.pointValue, this.pointFile, this.pointLine]) {
      column.clear();
    }
  }

  *finish(): Steps<void> {
    yield* this.flush();
    const callees = this.admitCallees();
    for (let id = 0; id < this.series.length; id++) {
      const definition = this.series[id];
      if (definition === undefined) {
        continue;
      }
      const intervalNs = median(this.intervals[id] ?? []);
      const callee = definition.callee === undefined ? -1 : (callees.get(definition.callee.toLowerCase()) ?? -1);
      if (callee >= 0) {
        // Who calls whom, where no spans say so: without a count of calls, for what a callee explains alone.
        this.bins.edgeId(this.entityOfSeries[id] ?? 0, callee);
      }
      this.bins.seriesKeys.push({
        ...describeSeries(definition),
        entity: this.entityOfSeries[id] ?? 0,
        alsoBlames: callee,
        intervalNs: intervalNs > 0 ? intervalNs : Number(this.bins.binNs),
      });
    }
  }

  /** Entities of the callees that series name, by name in lower case: all that have records of their own, of the others those that most series name. */
  private admitCallees(): ReadonlyMap<string, number> {
    const known = new Set(this.services.values.map((name) => name.toLowerCase()));
    const named = new Map<string, { name: string; series: number }>();
    for (const { callee } of this.series) {
      if (callee !== undefined) {
        getOrAdd(named, callee.toLowerCase(), () => ({ name: callee, series: 0 })).series++;
      }
    }
    const strangers = [...named].filter(([key]) => !known.has(key));
    strangers.sort(([a, { series: ofA }], [b, { series: ofB }]) => ofB - ofA || (a < b ? -1 : 1));
    const leftOut = new Set(strangers.slice(MAX_PEER_ENTITIES).map(([key]) => key));
    if (leftOut.size > 0) {
      this.bins.warnings.push(
        `Metrics measure calls to ${strangers.length} services that have no records of their own: the ${MAX_PEER_ENTITIES} that most series name are among the entities, of ${leftOut.size} the series speak of their callers alone.`,
      );
    }
    return new Map([...named].flatMap(([key, { name }]) => (leftOut.has(key) ? [] : [[key, this.services.idOf(name)] as const])));
  }

  /** Per-second rate since the point before; undefined for the first point and after a reset of unknown height. */
  private counterRate(id: number, timeNs: number, value: number): number | undefined {
    const last = this.lastCounter.get(id);
    this.lastCounter.set(id, { timeNs, value });
    if (last === undefined || timeNs <= last.timeNs) {
      return undefined;
    }
    // After a reset the counter restarted at 0, as in PromQL's rate().
    const increase = value >= last.value ? value - last.value : value;
    return increase / ((timeNs - last.timeNs) / 1e9);
  }

  private seriesId(definition: SeriesDefinition): number {
    const { entity, metric, labels } = definition;
    const key = `${entity.service}\u0000${entity.instance}\u0000${metric}\u0000${labels}`;
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.series.push(definition) - 1;
      this.ids.set(key, id);
      this.intervals.push([]);
      this.entityOfSeries.push(this.services.idOf(entity.service));
    }
    return id;
  }
}

/** Rows by series, then time; rows of equal time stay in their order. Counting sort: points of one series mostly arrive in order. */
function orderPoints(series: Uint32Array, time: Float64Array, nSeries: number): Uint32Array {
  const offsets = new Uint32Array(nSeries + 1);
  for (const id of series) {
    offsets[id + 1] = (offsets[id + 1] ?? 0) + 1;
  }
  for (let id = 0; id < nSeries; id++) {
    offsets[id + 1] = (offsets[id + 1] ?? 0) + (offsets[id] ?? 0);
  }
  const order = new Uint32Array(series.length);
  const next = offsets.slice(0, nSeries);
  for (let row = 0; row < series.length; row++) {
    const id = series[row] ?? 0;
    const place = next[id] ?? 0;
    order[place] = row;
    next[id] = place + 1;
  }
  for (let id = 0; id < nSeries; id++) {
    const rows = order.subarray(offsets[id], offsets[id + 1]);
    if (rows.some((row, i) => i > 0 && (time[row] ?? 0) < (time[rows[i - 1] ?? 0] ?? 0))) {
      rows.sort((a, b) => (time[a] ?? 0) - (time[b] ?? 0) || a - b);
    }
  }
  return order;
}
