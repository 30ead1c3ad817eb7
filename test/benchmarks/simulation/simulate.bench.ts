import { describe, expect, it } from 'vitest';
import { sampleIncident } from '../../../src/simulation/sampleIncident.js';
import { simulate } from '../../../src/simulation/simulate.js';
import { randomSystemOptions } from '../../../src/simulation/randomSystemOptions.js';
import type { SimulationOptions } from '../../../src/simulation/simulationTypes.js';

interface Speed {
  readonly spans: number;
  readonly megabytes: number;
  /** CPU time of the process, which other load on the machine does not change. */
  readonly cpuSeconds: number;
}

function measure(options: SimulationOptions): Speed {
  const before = process.cpuUsage();
  let spans = 0;
  let chars = 0;
  for (const { path, content } of simulate(options).files) {
    for (const piece of content) {
      chars += piece.length;
      spans += path.startsWith('traces/') ? piece.split('"kind"').length - 1 : 0;
    }
  }
  const { user, system } = process.cpuUsage(before);
  return { spans, megabytes: chars / 1e6, cpuSeconds: (user + system) / 1e6 };
}

describe('simulation', () => {
  it('of the sample incident', () => {
    const { spans, megabytes, cpuSeconds } = measure(sampleIncident());
    report('sample incident', { spans, megabytes, cpuSeconds });
    expect(spans).toBeGreaterThan(10_000);
  });

  it('of ten systems for pretraining', () => {
    const speeds = Array.from({ length: 10 }, (_, seed) => measure(randomSystemOptions(seed)));
    const total = { spans: 0, megabytes: 0, cpuSeconds: 0 };
    for (const { spans, megabytes, cpuSeconds } of speeds) {
      total.spans += spans;
      total.megabytes += megabytes;
      total.cpuSeconds += cpuSeconds;
    }
    report('ten random systems', total);
    expect(total.spans).toBeGreaterThan(10_000);
  });
});

function report(name: string, { spans, megabytes, cpuSeconds }: Speed): void {
  const rate = Math.round(spans / cpuSeconds);
  process.stdout.write(
    `${name}: ${spans} spans, ${megabytes.toFixed(1)} MB in ${cpuSeconds.toFixed(2)} s CPU, ${rate} spans/s with logs and metrics\n`,
  );
}
