import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { findCacheFolder } from './cacheFolder.js';
import { installDebianPackages } from './debianPackages.js';

/** code-server holds a real VS Code server and workbench: 4.139.1 is VS Code 1.139.1. */
const CODE_SERVER_VERSION = '4.139.1';
/** It compiles a few small native modules while it installs. */
const DEBIAN_PACKAGES = ['libkrb5-dev', 'pkg-config', 'g++', 'make', 'python3'];

const folder = path.join(findCacheFolder(), `code-server-${CODE_SERVER_VERSION}`);
/** Written last, so that an interrupted installation is not taken for a whole one. */
const stamp = path.join(folder, '.installed');

export const codeServerEntry = path.join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js');

export function isCodeServerInstalled(): boolean {
  return fs.existsSync(stamp);
}

/** Installs code-server from npm into the cache folder (two to three minutes, 620 MB, once); @throws with what to do when it cannot. */
export function installCodeServer(): void {
  if (isCodeServerInstalled()) return;
  if (process.platform === 'linux') installDebianPackages(DEBIAN_PACKAGES, 'The compiler that code-server needs once');
  process.stderr.write(`host: installing code-server ${CODE_SERVER_VERSION} into ${folder} (two to three minutes, once)\n`);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const headers = '/usr/include/node';
  // Under `npm test` this names the Node that npm was started with; npm would hand it on, and code-server's script refuses an old one.
  const inherited = { ...process.env };
  delete inherited.npm_config_user_agent;
  const { status, error } = spawnSync(
    'npm',
    ['install', '--save-exact', '--no-audit', '--no-fund', '--loglevel=error', `code-server@${CODE_SERVER_VERSION}`],
    {
      cwd: folder,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
      env: {
        ...inherited,
        // Its postinstall script wants npm itself under a Node as new as the one that runs this.
        PATH: [path.dirname(process.execPath), process.env.PATH ?? ''].join(path.delimiter),
        // Any Node's headers do, because all of these modules are Node-API; without them node-gyp downloads some.
        ...(fs.existsSync(headers) ? { npm_config_nodedir: '/usr' } : {}),
      },
    },
  );
  if (status !== 0)
    throw new Error(`code-server could not be installed in ${folder}: ${error?.message ?? `npm exit code ${String(status)}`}`);
  fs.writeFileSync(stamp, '');
}
