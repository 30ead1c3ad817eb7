import type { Command } from './command.js';
import { diagnose } from './commands/diagnose.js';
import { doctor } from './commands/doctor.js';
import { embed } from './commands/embed.js';
import { evaluate } from './commands/evaluate.js';
import { exportTensors } from './commands/exportTensors.js';
import { runs } from './commands/runs.js';
import { sample } from './commands/sample.js';
import { similar } from './commands/similar.js';
import { simulate } from './commands/simulate.js';
import { slices } from './commands/slices.js';
import { states } from './commands/states.js';
import { transitions } from './commands/transitions.js';

/** In the order of the help. */
export const commands: readonly Command[] = [
  sample,
  embed,
  runs,
  states,
  transitions,
  slices,
  diagnose,
  similar,
  evaluate,
  exportTensors,
  simulate,
  doctor,
];
