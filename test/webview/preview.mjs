// Screenshots of the panels without VS Code: `node test/webview/preview.mjs [timeline|statemap|diagnosis|tuning] [scene] [theme]`
// Bundles each panel with a stand-in for the webview API and fixture data, serves it from this process, and writes artifacts/preview/*.png.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { chromium } from 'playwright-core';

const root = path.resolve(import.meta.dirname, '../..');
const out = path.join(root, 'artifacts/preview');
const [onlyPanel, onlyScene, onlyTheme] = process.argv.slice(2);

const themes = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'fixtures/themes.json'), 'utf8'));
const scenes = {
  timeline: {
    sizes: [
      [1400, 500],
      [400, 500],
    ],
    scenes: ['ready', 'running', 'empty', 'failed', 'usual', 'large', 'reference', 'labelled'],
  },
  statemap: {
    sizes: [
      [700, 600],
      [400, 600],
    ],
    scenes: ['ready', 'running', 'empty', 'large', 'one'],
  },
  diagnosis: {
    sizes: [
      [600, 900],
      [600, 1500],
      [400, 900],
    ],
    scenes: ['ready', 'labelled', 'wide46', 'usual', 'running', 'computing', 'unselected', 'failed'],
  },
  tuning: {
    sizes: [
      [800, 1100],
      [400, 1100],
    ],
    scenes: ['ready', 'labelled', 'training', 'tuned', 'untrusted', 'tuneFailed'],
  },
};

async function bundle(panel) {
  const result = await esbuild.build({
    stdin: {
      contents: `import { sceneState } from './test/webview/fixtures/previewScenes.ts';
        const state = sceneState(new URLSearchParams(location.search).get('scene') ?? 'ready');
        window.requests = [];
        window.acquireVsCodeApi = () => ({
          getState: () => undefined, setState: () => {},
          postMessage: (message) => {
            window.requests.push(message);
            if (message.type !== 'request') return;
            const result = message.method === 'getState' ? state : null;
            setTimeout(() => window.postMessage({ type: 'response', id: message.id, result }), 0);
          },
        });
        await import('./webview/${panel}/main.ts');`,
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    write: false,
    outdir: '/out',
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  });
  const text = (extension) => result.outputFiles.find((file) => file.path.endsWith(extension))?.text ?? '';
  return { script: text('.js'), style: text('.css') };
}

function page(panel, theme, style) {
  const variables = Object.entries(theme.variables)
    .map(([name, value]) => `--vscode-${name}: ${value};`)
    .join('');
  // The content policy is the one the extension uses, so that a breach shows up here.
  const policy = "default-src 'none'; script-src 'nonce-preview'; style-src 'nonce-preview'; img-src data:; font-src data:";
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta property="csp-nonce" content="preview"><meta http-equiv="Content-Security-Policy" content="${policy}">
    <style nonce="preview">:root{${variables}}</style><style nonce="preview">${style}</style></head>
    <body class="${theme.bodyClass}"><div id="root"></div><script type="module" nonce="preview" src="/${panel}.js"></script></body></html>`;
}

fs.mkdirSync(out, { recursive: true });
const panels = Object.keys(scenes).filter(
  (panel) => (onlyPanel === undefined || panel === onlyPanel) && fs.existsSync(path.join(root, 'webview', panel, 'main.ts')),
);
const bundles = Object.fromEntries(await Promise.all(panels.map(async (panel) => [panel, await bundle(panel)])));
const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  const script = /^\/(\w+)\.js$/.exec(url.pathname)?.[1];
  if (script !== undefined && bundles[script] !== undefined) {
    response.setHeader('content-type', 'text/javascript').end(bundles[script].script);
    return;
  }
  const panel = url.pathname.slice(1);
  if (bundles[panel] === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.setHeader('content-type', 'text/html').end(page(panel, themes[url.searchParams.get('theme')], bundles[panel].style));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
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
let problems = 0;
const seen = new Set();
function report(text) {
  problems++;
  if (!seen.has(text)) {
    seen.add(text);
    console.log(text);
  }
}
try {
  for (const panel of panels) {
    const { sizes, scenes: names } = scenes[panel];
    for (const scene of names.filter((name) => onlyScene === undefined || onlyScene === 'all' || name === onlyScene)) {
      for (const theme of Object.keys(themes).filter((name) => onlyTheme === undefined || name === onlyTheme)) {
        for (const [width, height] of sizes) {
          const tab = await browser.newPage({ viewport: { width, height } });
          tab.on('console', (message) => {
            if (message.type() === 'error' || message.type() === 'warning') {
              report(`${panel} ${scene}: ${message.text()}`);
            }
          });
          tab.on('pageerror', (error) => {
            report(`${panel} ${scene}: ${error.stack ?? error.message}`);
          });
          await tab.goto(`${base}/${panel}?theme=${theme}&scene=${scene}`);
          await tab.waitForTimeout(scene === 'large' ? 900 : 350);
          await tab.screenshot({ path: path.join(out, `${panel}-${scene}-${theme}-${width}.png`) });
          await tab.close();
        }
      }
    }
  }
} finally {
  await browser.close();
  server.close();
}
console.log(`screenshots in ${path.relative(root, out)}, ${problems} problems`);
process.exitCode = problems === 0 ? 0 : 1;
