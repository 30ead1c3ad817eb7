import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAllowedPath } from '../../../../src/extension/evidence/evidencePaths.js';

let base = '';
beforeAll(() => {
  base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'paths-')));
  fs.mkdirSync(path.join(base, 'run'));
  fs.mkdirSync(path.join(base, 'run-other'));
  for (const file of ['run/a.log', 'run-other/b.log', 'secret']) {
    fs.writeFileSync(path.join(base, file), '');
  }
  fs.symlinkSync(path.join(base, 'secret'), path.join(base, 'run/link'));
  fs.symlinkSync(path.join(base, 'run'), path.join(base, 'alias'));
});
afterAll(() => {
  fs.rmSync(base, { recursive: true });
});

const find = (file: string, roots: readonly string[]): Promise<string | undefined> =>
  findAllowedPath(
    path.join(base, file),
    roots.map((root) => path.join(base, root)),
  );

describe('findAllowedPath', () => {
  it('allows an embedded file and what lies in an embedded folder', async () => {
    expect(await find('run/a.log', ['run/a.log'])).toBe(path.join(base, 'run/a.log'));
    expect(await find('run/a.log', ['run-other', 'run'])).toBe(path.join(base, 'run/a.log'));
    expect(await find('alias/a.log', ['run'])).toBe(path.join(base, 'run/a.log'));
    expect(await find('run/a.log', ['alias'])).toBe(path.join(base, 'run/a.log'));
  });

  it.each([
    ['run-other/b.log', 'a folder whose name only begins alike'],
    ['run/../secret', 'a way out'],
    ['run/link', 'a link that leads out'],
    ['run/gone.log', 'a file that is not there'],
  ])('refuses %s: %s', async (file) => {
    expect(await find(file, ['run'])).toBeUndefined();
  });

  it('refuses relative paths, and everything when nothing is embedded', async () => {
    expect(await findAllowedPath('run/a.log', [base])).toBeUndefined();
    expect(await find('run/a.log', [])).toBeUndefined();
  });
});
