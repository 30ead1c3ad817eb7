import { describe, expect, it } from 'vitest';
import { toPanelHtml } from '../../../../src/extension/panels/panelHtml.js';

const page = {
  title: 'A "title" <b>',
  language: 'en',
  scriptUri: 'https://host/timeline.js?a=1&b=2',
  styleUri: 'https://host/timeline.css',
  cspSource: "'self' https://host",
  nonce: 'abc123',
};

describe('toPanelHtml', () => {
  it('lets only its own script run, and nothing be fetched', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(toPanelHtml(page))?.[1] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'nonce-abc123'");
    expect(policy).not.toMatch(/unsafe|connect-src|\*/);
  });

  it('escapes what it puts into the page', () => {
    const html = toPanelHtml(page);
    expect(html).toContain('<title>A &quot;title&quot; &lt;b&gt;</title>');
    expect(html).toContain('src="https://host/timeline.js?a=1&amp;b=2"');
  });

  it('leaves the style sheet out where there is none', () => {
    expect(toPanelHtml({ ...page, styleUri: null })).not.toContain('stylesheet');
  });
});
