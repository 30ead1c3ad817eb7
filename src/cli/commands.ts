import type { Command } from './command.js';
import { diagnose } from './commands/diagnose.js';
import { doctor } from './commands/doctor.js';
import { embed } from './commands/embed.js';
import { evaluate } from './commands/evaluate.js';
import { exportTensors } from './commands/exportTensors.js';
import { heads } from './commands/heads.js';
import { label } from './commands/label.js';
import { labels } from './commands/labels.js';
import { runs } from './commands/runs.js';
import { sample } from './commands/sample.js';
import { similar } from './commands/similar.js';
import { simulate } from './commands/simulate.js';
import { slices } from './commands/slices.js';
import { states } from './commands/states.js';
import { transitions } from './commands/transitions.js';
import { tune } from './commands/tune.js';

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
  label,
  labels,
  tune,
  heads,
  evaluate,
  exportTensors,
  simulate,
  doctor,
];
