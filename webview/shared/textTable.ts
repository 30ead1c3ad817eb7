import { createTool } from './controls.js';
import { element, replaceChildren } from './dom.js';

export interface TextTable {
  /** Says what the rows are, and in which zone its times are. */
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** Cells of one row, made only for rows that are shown. */
  row(index: number): readonly string[];
}

/** Rows shown at once; more come on demand, so that a table of 100,000 slices opens at once. */
const PAGE_ROWS = 200;

/** The same data as a chart, as a table: the chart's text alternative. */
export function createTextTable(table: TextTable): HTMLElement {
  const body = element('tbody');
  const more = createTool({ label: '', description: 'Show more rows', onPress: showMore });
  let shown = 0;
  function showMore(): void {
    const end = Math.min(table.rowCount, shown + PAGE_ROWS);
    for (; shown < end; shown++) {
      const cells = table
        .row(shown)
        .map((cell, column) =>
          column === 0 ? element('th', { text: cell, attributes: { scope: 'row' } }) : element('td', { text: cell }),
        );
      body.append(element('tr', {}, cells));
    }
    const rest = table.rowCount - shown;
    more.hidden = rest === 0;
    more.textContent = `Show more rows (${rest} left)`;
  }
  showMore();
  const head = element('thead', {}, [
    element(
      'tr',
      {},
      table.columns.map((column) => element('th', { text: column, attributes: { scope: 'col' } })),
    ),
  ]);
  const region = element('div', { class: 'rs-table', attributes: { tabindex: 0, role: 'region', 'aria-label': table.caption } });
  replaceChildren(region, element('table', {}, [element('caption', { text: table.caption }), head, body]), more);
  return region;
}
