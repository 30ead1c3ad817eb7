import type { MetricGaps } from './metricGaps.js';
import type { PartBuffer } from './partBuffer.js';
import { Random } from '../../core/math/random.js';

/** Points per line of the written document. */
const POINTS_PER_LINE = 60;

/** Series of metrics, written as Prometheus query_range answers, one document per metric name. */
export class MetricTable {
  private metrics = new Map<string, Map<string, string[]>>();
  private chars = 0;
  private readonly collected = new Map<string, boolean>();
  points = 0;

  private readonly seed: number;
  private readonly coverage: number;
  private readonly gaps: MetricGaps | undefined;

  /** @param coverage share of metric names that are kept, drawn by `seed` and name; @param gaps what measuring loses. */
  constructor(seed: number, coverage: number, gaps: MetricGaps | undefined) {
    this.seed = seed;
    this.coverage = coverage;
    this.gaps = gaps;
  }

  get sizeChars(): number {
    return this.chars;
  }

  /** @param labels inner part of a JSON object: `"pod":"cart-1"`. */
  add(metric: string, labels: string, seconds: number, value: number): void {
    if (!this.isCollected(metric)) {
      return;
    }
    const observed = this.gaps === undefined ? value : this.gaps.observe(metric, labels, seconds, value);
    if (observed === undefined) {
      return;
    }
    let series = this.metrics.get(metric);
    if (series === undefined) {
      series = new Map();
      this.metrics.set(metric, series);
    }
    const point = `[${seconds},"${toNumberText(observed)}"]`;
    const points = series.get(labels);
    if (points === undefined) {
      series.set(labels, [point]);
    } else {
      points.push(point);
    }
    this.chars += point.length + 1;
    this.points += 1;
  }

  private isCollected(metric: string): boolean {
    let isCollected = this.collected.get(metric);
    if (isCollected === undefined) {
      isCollected = new Random(this.seed, `collected/${metric}`).next() < this.coverage;
      this.collected.set(metric, isCollected);
    }
    return isCollected;
  }

  /** Moves all points to the buffer. */
  flush(buffer: PartBuffer): void {
    for (const [metric, series] of this.metrics) {
      const path = `metrics/${metric}.json`;
      buffer.append(path, '{"status":"success","data":{"resultType":"matrix","result":[');
      let place = 0;
      for (const [labels, points] of series) {
        buffer.append(path, `${place > 0 ? ',' : ''}{"metric":{"__name__":"${metric}",${labels}},"values":[`);
        for (let from = 0; from < points.length; from += POINTS_PER_LINE) {
          const isLast = from + POINTS_PER_LINE >= points.length;
          buffer.append(path, points.slice(from, from + POINTS_PER_LINE).join(',') + (isLast ? ']}' : ','));
        }
        place += 1;
      }
      buffer.append(path, ']}}');
    }
    this.metrics = new Map();
    this.chars = 0;
  }
}

/** At most six significant digits below a million, whole numbers above: as exporters round them. */
function toNumberText(value: number): string {
  return Math.abs(value) >= 1e6 ? value.toFixed(0) : String(Number(value.toPrecision(6)));
}
