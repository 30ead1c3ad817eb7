/** A real VS Code server and workbench on 127.0.0.1 with a throw-away profile. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeServerEntry } from './codeServer.js';

export interface WorkbenchServerOptions {
  /** Opened as the workspace. */
  readonly folder: string;
  /** Installed before the workbench starts. */
  readonly vsix: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Lets a page payload start extension tests; without it a built workbench ignores the payload. */
  readonly smokeTestDriver?: boolean;
  /** A port of the caller's choice, for people; tests take a free one. */
  readonly port?: number;
}

export interface WorkbenchServer {
  readonly url: string;
  readonly port: number;
  /** Where the extension lies after installation. */
  readonly extensionFolder: string;
  /** The extension's store of the workspace; @throws when there is none yet. */
  readonly getStore: () => string;
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/**
 * Quiet, offline and predictable. explorer.autoReveal would steal a multi-selection when an editor opens late, and a panel that
 * takes the focus when it opens would close the command palette.
 */
const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.colorTheme': 'Default Dark Modern',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'chat.disableAIFeatures': true,
  'security.workspace.trust.enabled': false,
  'git.enabled': false,
  'explorer.autoReveal': false,
  'workbench.quickOpen.closeOnFocusLost': false,
  'window.commandCenter': false,
};

const START_TIMEOUT_MS = 60_000;

async function findFreePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  return port;
}

function createProfile(settings: Readonly<Record<string, unknown>>) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'runtimeslicer-workbench-'));
  const userData = path.join(home, 'user');
  const extensions = path.join(home, 'extensions');
  fs.mkdirSync(path.join(userData, 'User'), { recursive: true });
  fs.mkdirSync(extensions);
  fs.writeFileSync(path.join(home, 'config.yaml'), 'auth: none\n');
  fs.writeFileSync(path.join(userData, 'User', 'settings.json'), JSON.stringify({ ...QUIET_SETTINGS, ...settings }));
  return {
    home,
    userData,
    extensions,
    flags: ['--config', path.join(home, 'config.yaml'), '--user-data-dir', userData, '--extensions-dir', extensions],
  };
}

async function isHealthy(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
  } catch {
    return false; // Nothing listens there yet; the caller's time limit reports a server that never does.
  }
}

/** Installs the VSIX into a fresh profile and starts the server; @throws with the server's log when it does not come up. */
export async function startWorkbenchServer(options: WorkbenchServerOptions): Promise<WorkbenchServer> {
  const { home, userData, extensions, flags } = createProfile(options.settings ?? {});
  const env = {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: path.join(home, '.config'),
    XDG_DATA_HOME: path.join(home, '.local'),
    // Without a gallery the workbench itself asks no other machine for anything.
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    ...options.env,
  };
  execFileSync(process.execPath, [codeServerEntry, ...flags, '--install-extension', options.vsix, '--force'], { env, stdio: 'pipe' });
  const installed = fs.readdirSync(extensions).find((name) => name.startsWith('runtimeslicer.'));
  if (installed === undefined) throw new Error(`${options.vsix} was not installed into the profile`);

  const port = options.port ?? (await findFreePort());
  const logFile = path.join(home, 'server.log');
  const out = fs.openSync(logFile, 'w');
  const log = () => fs.readFileSync(logFile, 'utf8');
  const child = spawn(
    process.execPath,
    [
      codeServerEntry,
      ...flags,
      ...['--bind-addr', `127.0.0.1:${port}`, '--auth', 'none', '--disable-telemetry', '--disable-update-check'],
      ...['--disable-workspace-trust', '--disable-getting-started-override', '--disable-proxy'],
      ...(options.smokeTestDriver === true ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
      options.folder,
    ],
    // A group of its own: the extension host and the engine process end with it.
    { env, stdio: ['ignore', out, out], detached: process.platform !== 'win32' },
  );
  const exited = once(child, 'exit');
  const stop = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGTERM');
      await Promise.race([exited, sleep(5000)]);
    }
    fs.closeSync(out);
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };

  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  while (!(await isHealthy(port))) {
    if (Date.now() > deadlineMs || child.exitCode !== null) {
      const why = log();
      await stop();
      throw new Error(`the workbench server did not start within ${START_TIMEOUT_MS / 1000} s:\n${why}`);
    }
    await sleep(100);
  }
  return {
    url: `http://127.0.0.1:${port}/?folder=${encodeURIComponent(options.folder)}`,
    port,
    extensionFolder: path.join(extensions, installed),
    getStore: () => {
      const store = (fs.readdirSync(userData, { recursive: true }) as string[]).find((file) => path.basename(file) === 'runtimeSlicer.db');
      if (store === undefined) throw new Error(`no runtimeSlicer.db below ${userData}`);
      return path.join(userData, store);
    },
    log,
    stop,
  };
}
