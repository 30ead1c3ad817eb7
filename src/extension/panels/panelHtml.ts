/** The page of a panel: nothing but its own script and style sheet may load, and nothing may leave it. */
export interface PanelPage {
  readonly title: string;
  /** BCP 47 tag for screen readers. */
  readonly language: string;
  readonly scriptUri: string;
  /** Null when the panel's bundle has no style sheet. */
  readonly styleUri: string | null;
  /** `webview.cspSource`. */
  readonly cspSource: string;
  /** Fresh for each page. */
  readonly nonce: string;
  /** Said in the page itself, so that something stands there before the script has loaded. */
  readonly opening: string;
}

/** Heights in pixels of the grey bars that the style sheet draws; classes, because the policy forbids style attributes. */
const BONES = ['low', 'high', 'middle'];

/** Scripts by nonce only. Styles by file or nonce; d3 and the controls style through the DOM's own objects, which needs no inline styles. */
export function toPanelHtml(page: PanelPage): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${page.nonce}'`,
    `style-src ${page.cspSource} 'nonce-${page.nonce}'`,
    `img-src ${page.cspSource} data:`,
    `font-src ${page.cspSource}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const style = page.styleUri === null ? '' : `\n    <link rel="stylesheet" href="${escapeHtml(page.styleUri)}">`;
  return `<!DOCTYPE html>
<html lang="${escapeHtml(page.language)}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
    <meta property="csp-nonce" content="${page.nonce}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(page.title)}</title>${style}
  </head>
  <body>
    <div id="root">
      <main class="rs-body">
        <div class="rs-skeleton" role="status" aria-busy="true">
          <p>${escapeHtml(page.opening)}</p>
          ${BONES.map((bone) => `<div class="rs-bone ${bone}"></div>`).join('\n          ')}
        </div>
      </main>
    </div>
    <script nonce="${page.nonce}" src="${escapeHtml(page.scriptUri)}"></script>
  </body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
