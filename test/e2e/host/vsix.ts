import fs from 'node:fs';
import path from 'node:path';

export const projectRoot = path.resolve(import.meta.dirname, '../../..');
export const artifacts = path.join(projectRoot, 'artifacts');

/** The package of this platform that `npm run package` made; @throws when there is none. */
export function getVsix(): string {
  const vsix = path.join(artifacts, `runtimeslicer-${process.platform}-${process.arch}.vsix`);
  if (!fs.existsSync(vsix)) throw new Error(`${path.relative(projectRoot, vsix)} is missing; run "npm run package" first`);
  return vsix;
}
