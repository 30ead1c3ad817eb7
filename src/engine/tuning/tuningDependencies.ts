import type { KeptRuns } from '../keptRuns.js';
import type { EngineModules } from '../modules.js';
import type { Store } from '../store/openStore.js';
import type { HeadLibrary } from './headLibrary.js';

/** Parts of the engine that tuning works on. */
export interface TuningDependencies {
  readonly store: Store;
  readonly library: HeadLibrary;
  readonly runs: KeptRuns;
  readonly modules: EngineModules;
}
