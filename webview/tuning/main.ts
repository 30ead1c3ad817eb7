import '../shared/shared.css';
import './tuning.css';
import { findRoot, startPanel } from '../shared/panelShell.js';
import { createTuningPanel } from './view.js';

startPanel(acquireVsCodeApi(), findRoot(), createTuningPanel);
