import { describe, expect, it } from 'vitest';
import { toPanelHtml } from '../../../../src/extension/panels/panelHtml.js';

const page = {
  title: 'A "title" <b>',
  language: 'en',
  scriptUri: 'https://host/timeline.js?a=1&b=2',
  styleUri: 'https://host/timeline.css',
  cspSource: "'self' https://host",
  nonce: 'abc123',
  opening: 'Opening <it>…',
};

describe('toPanelHtml', () => {
  it('lets only its own script run, and nothing be fetched', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(toPanelHtml(page))?.[1] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'nonce-abc123'");
    expect(policy).not.toMatch(/unsafe|connect-src|\*/);
  });

  it('hands its nonce to the controls, which make a style sheet of their own', () => {
    const html = toPanelHtml(page);
    expect(/style-src ([^;"]*)/.exec(html)?.[1]).toContain("'nonce-abc123'");
    expect(html).toContain('<meta property="csp-nonce" content="abc123">');
  });

  it('says what is coming before its script has loaded', () => {
    expect(/<div id="root">([\s\S]*)<script/.exec(toPanelHtml(page))?.[1]).toContain('<p>Opening &lt;it&gt;…</p>');
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
