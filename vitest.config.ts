import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/architecture/**/*.test.ts'], environment: 'node' } },
      { test: { name: 'webview', include: ['test/webview/**/*.test.ts'], environment: 'happy-dom' } },
      { test: { name: 'model', include: ['test/model/**/*.test.ts'], environment: 'node', testTimeout: 60_000 } },
    ],
  },
});
