import type { LogLevel } from '../system/blueprint.js';
import type { DistractorScene } from './distractorScene.js';
import type { Effect } from '../runtime/effects.js';
import type { FaultScene } from './faultEffects.js';
import type { Service } from '../system/linkedSystem.js';
import type { Pod } from '../runtime/pod.js';
import type { Random } from '../../core/math/random.js';

export function pickService({ cluster, random }: { readonly cluster: FaultScene['cluster']; readonly random: Random }): Service {
  return random.pick(cluster.system.services.filter(({ kind }) => kind === 'service'));
}

export function hold(pod: Pod, effect: Effect, seconds: number, { queue }: DistractorScene): void {
  pod.addEffect(effect);
  queue.afterMs(seconds * 1000, () => {
    pod.removeEffect(effect);
  });
}

export function line(pod: Pod, text: string, { queue, telemetry }: DistractorScene, level: LogLevel = 'info'): void {
  telemetry.log({ pod, timeNs: queue.nowNs, level, text, trace: undefined, spanId: '' });
}

export function minutesMs(minutes: number): number {
  return minutes * 60_000;
}
