import type { FaultScene } from './faultEffects.js';
import type { RequestEngine } from '../runtime/requestEngine.js';
import type { DistractorKind } from '../faultTypes.js';

export interface DistractorScene extends FaultScene {
  readonly engine: RequestEngine;
}

type Distractor = (scene: DistractorScene) => void;

export interface WeightedDistractor {
  readonly kind: DistractorKind;
  readonly weight: number;
  readonly begin: Distractor;
}
