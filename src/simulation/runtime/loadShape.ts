import type { Random } from '../../core/math/random.js';
import type { LoadProfile } from '../system/systemProfile.js';

/** Factor on the mean rate of requests at a time, s since the start of the run; about 1 on average, above 0. */
export type LoadShape = (seconds: number) => number;

/** A burst of benign load lasts this long, s. */
const BURST_SECONDS = 50;

/** @param minutes length of the run */
export function createLoadShape({ shape, amplitude, periodMinutes }: LoadProfile, minutes: number, random: Random): LoadShape {
  const phase = random.uniform(0, 2 * Math.PI);
  const period = periodMinutes * 60;
  switch (shape) {
    case 'constant':
      return () => 1;
    case 'diurnal': {
      // A run is a short part of a day: the load climbs or falls throughout.
      const slope = (random.chance(0.5) ? 1 : -1) * amplitude;
      const length = Math.max(60, minutes * 60);
      return (seconds) => 1 + slope * (seconds / length - 0.5);
    }
    case 'sine':
      return (seconds) => 1 + amplitude * Math.sin((2 * Math.PI * seconds) / period + phase);
    case 'random-walk':
      return interpolate(createWalk(minutes, amplitude, random), 60);
    case 'steps':
      return hold(drawLevels(minutes, periodMinutes, amplitude, random), period);
    case 'bursts': {
      const starts = Array.from({ length: 1 + Math.ceil((minutes * 60) / period) }, (_, index) => (index + random.next()) * period);
      return (seconds) => (starts.some((start) => seconds >= start && seconds < start + BURST_SECONDS) ? 1 + amplitude : 1);
    }
  }
}

/** Levels a minute apart that pull back to 1. */
function createWalk(minutes: number, amplitude: number, random: Random): number[] {
  let level = 0;
  return Array.from({ length: Math.ceil(minutes) + 2 }, () => {
    level = 0.9 * level + 0.3 * amplitude * random.normal();
    return Math.exp(level);
  });
}

function drawLevels(minutes: number, periodMinutes: number, amplitude: number, random: Random): number[] {
  return Array.from({ length: 2 + Math.ceil(minutes / periodMinutes) }, () => 1 + random.uniform(-amplitude, amplitude));
}

function hold(levels: readonly number[], seconds: number): LoadShape {
  return (at) => levels[Math.min(levels.length - 1, Math.floor(at / seconds))] ?? 1;
}

function interpolate(levels: readonly number[], seconds: number): LoadShape {
  return (at) => {
    const place = Math.min(levels.length - 1, at / seconds);
    const below = levels[Math.floor(place)] ?? 1;
    const above = levels[Math.ceil(place)] ?? below;
    return below + (above - below) * (place - Math.floor(place));
  };
}
