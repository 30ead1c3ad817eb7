import fs from 'node:fs';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { installDebianPackages } from './debianPackages.js';

/** The Debian package and two font families; without fonts every label is drawn as boxes. */
const DEBIAN_PACKAGES = ['chromium', 'fonts-dejavu-core', 'fonts-liberation'];

const MAC_BROWSERS = ['/Applications/Chromium.app/Contents/MacOS/Chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];
const WINDOWS_BROWSERS = [
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

function onPath(names: readonly string[]): string[] {
  return (process.env.PATH ?? '').split(path.delimiter).flatMap((folder) => names.map((name) => path.join(folder, name)));
}

/** A Chromium or Chrome on this machine: `$RUNTIMESLICER_CHROMIUM`, the usual places, the PATH. */
export function findChromium(): string | undefined {
  const chosen = process.env.RUNTIMESLICER_CHROMIUM;
  if (chosen !== undefined && chosen !== '') return chosen;
  if (process.platform === 'darwin') return MAC_BROWSERS.find((file) => fs.existsSync(file));
  if (process.platform === 'win32') return WINDOWS_BROWSERS.find((file) => fs.existsSync(file));
  return onPath(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']).find((file) => fs.existsSync(file));
}

/** @throws when there is none and none can be installed, with what to do. */
export function installChromium(): void {
  if (findChromium() === undefined) installDebianPackages(DEBIAN_PACKAGES, 'Chromium, which drives the workbench,');
}

/** Headless, with everything off that would reach out to the network by itself. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium found; run "npm run test:e2e", which installs one where it can');
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  });
}
