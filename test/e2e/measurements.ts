import fs from 'node:fs';
import path from 'node:path';
import { artifacts } from './host/vsix.js';

/** Prints a measured duration and keeps it in artifacts/measurements.json. Measured, not asserted: machines differ. */
export function recordMs(name: string, ms: number): void {
  const file = path.join(artifacts, 'measurements.json');
  const known = fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, number>) : {};
  fs.writeFileSync(file, `${JSON.stringify({ ...known, [name]: Math.round(ms) }, null, 2)}\n`);
  process.stdout.write(`${name}: ${ms.toFixed(0)} ms\n`);
}
