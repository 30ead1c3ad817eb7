import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

function run(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status === 0;
}

function isInstalled(name: string): boolean {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' });
  return stdout === 'installed';
}

/**
 * Installs what is missing of `names` with apt-get; root only.
 * @throws with the command to run by hand when this is not Debian, not root, or apt-get fails.
 */
export function installDebianPackages(names: readonly string[], purpose: string): void {
  const isDebian = process.platform === 'linux' && fs.existsSync('/usr/bin/apt-get');
  const missing = isDebian ? names.filter((name) => !isInstalled(name)) : [...names];
  if (missing.length === 0) return;
  const byHand = `install it with your package manager (Debian: sudo apt-get install ${missing.join(' ')})`;
  if (!isDebian) throw new Error(`${purpose} is missing and can only be installed by itself on Debian-like Linux; ${byHand}.`);
  if (process.getuid?.() !== 0) throw new Error(`${purpose} is missing and installing it needs root; ${byHand}.`);
  process.stderr.write(`host: apt-get install ${missing.join(' ')}\n`);
  // Another apt may hold the lock for a while on a machine that has just started.
  const locked = ['-q', '-o', 'DPkg::Lock::Timeout=300'];
  const installed =
    run('apt-get', [...locked, 'update']) && run('apt-get', [...locked, 'install', '-y', '--no-install-recommends', ...missing]);
  if (!installed) throw new Error(`apt-get could not install ${purpose}; ${byHand}.`);
}
