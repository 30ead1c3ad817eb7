/** What is usual of a metric: its level and its change against the minutes before, and by which of the two a window is judged. */
import { locationScale, type LocationScale } from '../math/robust.js';
import type { WindowSet } from '../slices/windowSet.js';

/** In signed-log units, on top of MAD and half the standard deviation. */
const LEVEL_FLOOR = 0.02;
/** Weight of the standard deviation in the scale of metrics: guards series whose MAD is zero. */
const SD_SHARE = 0.5;

/**
 * An episode: levels this many scales from usual in most of at least so many windows of one stretch, which is this share of the run at most. Of single
 * windows some series has an episode at any time: of usual slices in twenty minutes of metrics around each fault of the TrainTicket day .60 were
 * called abnormal with 1 window, .41 with 3, .25 with 4, .02 with 5, .01 with 5 and 3 scales in place of 2.5, none without; OnlineBoutique .14, .05, .06, .06,
 * .06, none.
 */
const [EPISODE_DEVIATION, EPISODE_WINDOWS, EPISODE_DENSITY, MAX_EPISODE] = [3, 5, 0.8, 0.4];
/** What lasts longer is another phase of the day: OnlineBoutique's load comes and goes with its faults. */
const EPISODE_NS = 30 * 60e9;

/**
 * The change against the preceding minutes beats the absolute level by .09–.11 AC@1 on real faults. Without a history the level serves, and where the
 * change varies this many times as much: then the history itself is what is unusual, as in a recording of minutes around one incident.
 */
const UNSTEADY = 1.5;

/** Longest episode in windows of this grid. @param binNs > 0 */
export function longestEpisode({ starts, stepBins }: Pick<WindowSet, 'starts' | 'stepBins'>, binNs: bigint): number {
  return Math.min(MAX_EPISODE * starts.length, EPISODE_NS / (Number(binNs) * stepBins));
}

/** @param levels of reference windows, in order of time @param longest of `longestEpisode` */
export function learnLevel(levels: readonly number[], longest: number): LocationScale {
  return locationScale(withoutEpisode(levels, longest), SD_SHARE, LEVEL_FLOOR);
}

/** @param changes of reference windows against the minutes before */
export function learnChange(changes: readonly number[]): LocationScale {
  return locationScale(changes, SD_SHARE, LEVEL_FLOOR);
}

/** Whether the minutes before are too unsteady to judge a change against. @param levelScale,changeScale above 0 */
export function isUnsteady(levelScale: number, changeScale: number): boolean {
  return changeScale > UNSTEADY * levelScale;
}

/**
 * What is far out in one stretch of the run and nowhere else is what is looked for, and no part of what is usual; what comes again is usual.
 * @param levels in order of time @param longest of an episode, in windows
 */
function withoutEpisode(levels: readonly number[], longest: number): readonly number[] {
  const { median, scale } = locationScale(levels, SD_SHARE, LEVEL_FLOOR);
  const far = [...levels.keys()].filter((i) => Math.abs((levels[i] ?? 0) - median) > EPISODE_DEVIATION * scale);
  const [first = 0, last = -1] = [far[0], far.at(-1)];
  const isEpisode = far.length >= EPISODE_WINDOWS && far.length >= EPISODE_DENSITY * (last - first + 1) && last - first < longest;
  // Windows overlap: those beside it hold a part of it.
  return isEpisode ? levels.filter((_, i) => i < first - 1 || i > last + 1) : levels;
}
