import { writeSimulation } from '../../engine/sample.js';
import { randomSystemOptions } from '../../simulation/randomSystemOptions.js';
import { simulate as simulateSystem } from '../../simulation/simulate.js';
import type { SimulatedIncident, SimulationOptions } from '../../simulation/simulationTypes.js';
import { toCountArgument } from '../argumentValues.js';
import { refusePositionals, UsageError, type Command, type Options } from '../command.js';

const COUNTS = ['seed', 'minutes', 'faults', 'services'] as const;

export const simulate: Command = {
  name: 'simulate',
  summary: 'Write a simulated incident as ordinary files, with labels.csv',
  options: [
    { name: 'out', value: 'DIR', summary: 'Where to write; created when missing' },
    { name: 'seed', value: 'N', summary: 'Equal seeds give equal files; default 1' },
    { name: 'minutes', value: 'N', summary: 'Length; default 30' },
    { name: 'faults', value: 'N', summary: 'How many faults; default 1' },
    { name: 'services', value: 'N', summary: 'Size of a random system; default drawn by the seed' },
    {
      name: 'system',
      value: 'random|varied|shop',
      summary: 'A random system, one with the shortcomings of real telemetry (for pretraining), or the fixed shop; default random',
    },
  ],
  async run(invocation) {
    refusePositionals(invocation);
    const { options, context, answer } = invocation;
    const directory = options.get('out');
    const settings = toSettings(options);
    const paths = await writeSimulation(describeSystem(settings).files, directory, context.signal);
    answer({ directory, files: paths }, () => paths.join('\n'));
  },
};

function describeSystem(settings: SimulationOptions): SimulatedIncident {
  try {
    return simulateSystem(settings);
  } catch (error) {
    // The simulation says which option is out of range.
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function toCounts(options: Options): Partial<Record<(typeof COUNTS)[number], number>> {
  return Object.fromEntries(
    COUNTS.flatMap((name) => {
      const text = options.find(name);
      return text === undefined ? [] : [[name, toCountArgument(name, text)]];
    }),
  );
}

function toSettings(options: Options): SimulationOptions {
  const counts = { seed: 1, ...toCounts(options) };
  const system = options.find('system') ?? 'random';
  switch (system) {
    case 'random':
    case 'shop':
      return { ...counts, system };
    case 'varied':
      return { ...randomSystemOptions(counts.seed, counts), ...counts };
    default:
      throw new UsageError(`--system ${system} is unknown; it is one of random, varied, shop`);
  }
}
