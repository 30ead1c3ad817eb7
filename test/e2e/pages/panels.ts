/** What the panels show, read the way a person or a screen reader does: headings, groups, rows. */
import type { Frame } from 'playwright-core';

export const PANEL_TITLES = {
  timeline: 'Runtime Timeline',
  stateMap: 'State Map',
  diagnosis: 'Diagnosis',
  tuning: 'Fine-Tune Heads',
} as const;

export async function readHeadline(panel: Frame): Promise<string> {
  return (await panel.locator('h1.rs-headline').innerText()).replace(/\s+/g, ' ').trim();
}

/** The names that the headline sets off: services, the likely cause first. */
export async function readHeadlineNames(panel: Frame): Promise<string[]> {
  return panel.locator('h1.rs-headline strong').allInnerTexts();
}

/** Names of the states in the legend of Timeline or State map, in the order shown. */
export async function readLegend(panel: Frame): Promise<string[]> {
  const names = panel.getByRole('group', { name: /^States/ }).locator('.name');
  await names.first().waitFor();
  // A long legend is folded.
  const unfold = panel.getByRole('button', { name: /^Show the names of all/ });
  if ((await unfold.count()) > 0) await unfold.click();
  return names.allInnerTexts();
}

/** The text that names the selected range in the Timeline, empty when none is selected. */
export async function readIncidentRange(timeline: Frame): Promise<string> {
  const chip = timeline.locator('.chip.incident');
  return (await chip.count()) === 0 ? '' : chip.innerText();
}

/** The abnormal range that the Timeline counts as chosen: `[1, 28]` for the first of 28; null when another range is chosen. */
export async function readIncidentStep(timeline: Frame): Promise<readonly [number, number] | null> {
  const match = /Abnormal range (\d+) of (\d+)/.exec(await timeline.locator('.chip.steps').innerText());
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

/** Labels in the order in which the Timeline draws them, as far as there is room for their text. */
export async function readLabelBands(timeline: Frame): Promise<string[]> {
  return timeline.locator('.chart .label text').allInnerTexts();
}

/** What the Diagnosis says that people said of the range. */
export async function readLabelLines(diagnosis: Frame): Promise<string[]> {
  return diagnosis.locator('.label-text').allInnerTexts();
}

/** Services in the order in which the Diagnosis ranks them. */
export async function readRankedCauses(diagnosis: Frame): Promise<string[]> {
  const rows = await diagnosis.locator('.causes [data-entity]').all();
  return Promise.all(rows.map(async (row) => (await row.getAttribute('data-entity')) ?? ''));
}

/** Entries of "Seen before?" in the Diagnosis, each as one line. */
export async function readSimilar(diagnosis: Frame): Promise<string[]> {
  const texts = await diagnosis.locator('.similar-row').allInnerTexts();
  return texts.map((text) => text.replace(/\s+/g, ' ').trim());
}
