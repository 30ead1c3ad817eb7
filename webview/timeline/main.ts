import '../shared/shared.css';
import './timeline.css';
import { findRoot, startPanel } from '../shared/panelShell.js';
import { createTimelinePanel } from './view.js';

startPanel(acquireVsCodeApi(), findRoot(), createTimelinePanel);
