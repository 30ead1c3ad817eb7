import { describe, expect, it } from 'vitest';
import { parseLogLine } from '../../../../src/extension/engine/logLine.js';

describe('parseLogLine', () => {
  it('takes level and text from the lines of the engine', () => {
    expect(parseLogLine('2026-11-23T11:52:27.412Z WARN  embed failed (store): disk full')).toEqual({
      level: 'warn',
      text: 'embed failed (store): disk full',
    });
  });

  it('keeps everything else whole', () => {
    expect(parseLogLine("Warning: Couldn't load Vulkan")).toEqual({ level: 'info', text: "Warning: Couldn't load Vulkan" });
    expect(parseLogLine('')).toEqual({ level: 'info', text: '' });
  });
});
