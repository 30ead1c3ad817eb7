import { Random } from '../../core/math/random.js';
import type { MetricProfile } from '../system/systemProfile.js';

/** Late series begin at most this far into the run, s. */
const LATEST_START_S = 900;
const COUNTER = /_(?:total|count|sum|bucket)$/;

interface SeriesCourse {
  readonly firstSeconds: number;
  readonly random: Random;
  readonly isCounter: boolean;
}

/** What a measuring set-up does to true values: errors of gauges, lost points, series that begin late. Same seed, same gaps. */
export class MetricGaps {
  private readonly courses = new Map<string, SeriesCourse>();

  private readonly seed: number;
  private readonly startSeconds: number;
  private readonly profile: Pick<MetricProfile, 'noise' | 'missing' | 'lateStarts'>;

  /** @param startSeconds epoch seconds of the start of the run */
  constructor(seed: number, startSeconds: number, profile: Pick<MetricProfile, 'noise' | 'missing' | 'lateStarts'>) {
    this.seed = seed;
    this.startSeconds = startSeconds;
    this.profile = profile;
  }

  /** @returns the value as it is written, undefined when it is lost */
  observe(metric: string, owner: string, seconds: number, value: number): number | undefined {
    const { noise, missing } = this.profile;
    const course = this.course(metric, owner);
    const error = course.random.normal();
    if (seconds < course.firstSeconds || course.random.chance(missing)) {
      return undefined;
    }
    return course.isCounter || noise === 0 || value === 0 ? value : value * Math.exp(noise * error);
  }

  private course(metric: string, owner: string): SeriesCourse {
    const key = `${metric} ${owner}`;
    let course = this.courses.get(key);
    if (course === undefined) {
      const random = new Random(this.seed, `gaps/${key}`);
      const delay = random.chance(this.profile.lateStarts) ? random.uniform(0, LATEST_START_S) : 0;
      course = { firstSeconds: this.startSeconds + delay, random, isCounter: COUNTER.test(metric) };
      this.courses.set(key, course);
    }
    return course;
  }
}
