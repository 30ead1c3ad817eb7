/** What panels get: the engine's sentences with their instants as times in the reader's zone. Everything else stays as it is. */
import type { HostEvent, PanelState } from '../../protocol/panelRpc.js';
import type { Diagnosis, TimelineView } from '../../protocol/views.js';
import { toZonedText } from '../timeText.js';

export function toZonedState(state: PanelState): PanelState {
  const { timeline, diagnosis, timeZone } = state;
  return {
    ...state,
    timeline: timeline === null ? null : toZonedTimeline(timeline, timeZone),
    diagnosis: diagnosis === null ? null : toZonedDiagnosis(diagnosis, timeZone),
  };
}

export function toZonedEvent(event: HostEvent, zone: string): HostEvent {
  if (event.type === 'state') {
    return { ...event, state: toZonedState(event.state) };
  }
  if (event.type === 'selection' && event.diagnosis !== null) {
    return { ...event, diagnosis: toZonedDiagnosis(event.diagnosis, zone) };
  }
  return event;
}

function toZonedTimeline(timeline: TimelineView, zone: string): TimelineView {
  return {
    ...timeline,
    headline: toZonedText(timeline.headline, zone),
    warnings: timeline.warnings.map((warning) => toZonedText(warning, zone)),
    incidents: timeline.incidents.map((incident) => ({ ...incident, sentence: toZonedText(incident.sentence, zone) })),
  };
}

function toZonedDiagnosis(diagnosis: Diagnosis, zone: string): Diagnosis {
  return {
    ...diagnosis,
    sentence: toZonedText(diagnosis.sentence, zone),
    checks: diagnosis.checks.map((check) => ({ ...check, text: toZonedText(check.text, zone) })),
    evidence: diagnosis.evidence.map((item) => ({
      ...item,
      text: toZonedText(item.text, zone),
      detail: toZonedText(item.detail, zone),
    })),
  };
}
