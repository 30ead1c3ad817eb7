// Installs what the tests in the real workbench need: a Chromium and code-server. Prints why and exits 1 when it cannot.
import { installChromium } from './chromium.js';
import { installCodeServer } from './codeServer.js';

try {
  installChromium();
  installCodeServer();
} catch (error) {
  process.stderr.write(`host: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
